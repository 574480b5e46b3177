package dev.kvorum.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import dev.kvorum.api.authpb.AuthProto;
import dev.kvorum.api.etcdserverpb.RaftInternalProto;
import dev.kvorum.api.etcdserverpb.RpcProto;
import dev.kvorum.api.grpc.health.v1.HealthProto;
import dev.kvorum.api.leasepb.LeaseProto;
import dev.kvorum.api.membershippb.MembershipProto;
import dev.kvorum.api.mvccpb.KvProto;
import dev.kvorum.api.raftpb.RaftProto;
import dev.kvorum.api.snappb.SnapProto;
import dev.kvorum.api.v3electionpb.ElectionProto;
import dev.kvorum.api.v3lockpb.LockProto;
import dev.kvorum.api.walpb.RecordProto;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Compares what protoc made of our .proto files with the contract's two tables, row by row and in
 * both directions: a client built from etcd's own files must not be able to tell the difference.
 *
 * <p>The tables are copies of the contract's {@code messages.tsv} and {@code grpc-methods.tsv}.
 * Their columns about versions and behaviour are not compared: a descriptor does not hold them.
 */
class DescriptorTest {
  /** The files of etcd. The health protocol is gRPC's and has no rows in the table of messages. */
  private static final List<FileDescriptor> ETCD_FILES =
      List.of(
          KvProto.getDescriptor(),
          AuthProto.getDescriptor(),
          RpcProto.getDescriptor(),
          RaftInternalProto.getDescriptor(),
          MembershipProto.getDescriptor(),
          LeaseProto.getDescriptor(),
          RecordProto.getDescriptor(),
          SnapProto.getDescriptor(),
          RaftProto.getDescriptor(),
          LockProto.getDescriptor(),
          ElectionProto.getDescriptor());

  private static final FileDescriptor HEALTH_FILE = HealthProto.getDescriptor();

  private static final String MESSAGES = "/contract/messages.tsv";
  private static final String METHODS = "/contract/grpc-methods.tsv";

  /**
   * One row of the table of messages. {@code message} is the path of the message or enum inside its
   * package; {@code type} is a simple name inside the same package and a full one elsewhere.
   */
  private record MessageRow(
      String packageName,
      String message,
      String kind,
      String name,
      String number,
      String type,
      String label,
      String jsonName) {}

  private record MethodRow(
      String service,
      String method,
      String request,
      String response,
      boolean clientStreams,
      boolean serverStreams) {}

  @Test
  void everyMessageRowOfTheContractIsInTheDescriptors() {
    assertThat(messageRowsOfTheDescriptors()).containsAll(messageRowsOfTheContract());
  }

  @Test
  void everyMessageOfTheDescriptorsIsARowOfTheContract() {
    assertThat(messageRowsOfTheContract()).containsAll(messageRowsOfTheDescriptors());
  }

  @Test
  void noRowStandsTwice() {
    assertThat(messageRowsOfTheContract()).hasSize(589).doesNotHaveDuplicates();
    assertThat(messageRowsOfTheDescriptors()).hasSize(589).doesNotHaveDuplicates();
  }

  @Test
  void everyMethodRowOfTheContractIsInTheDescriptors() {
    assertThat(methodRowsOfTheDescriptors()).containsAll(methodRowsOfTheContract());
  }

  @Test
  void everyMethodOfTheDescriptorsIsARowOfTheContract() {
    assertThat(methodRowsOfTheContract()).containsAll(methodRowsOfTheDescriptors());
  }

  @Test
  void theHealthMessagesAreWhatTheTableOfMethodsSpellsOut() {
    // Where a request or response is not in the table of messages, the table of methods gives its
    // fields in braces, once.
    List<String> spelledOut = new ArrayList<>();
    for (Map<String, String> row : Table.read(METHODS)) {
      spelledOut.add(cell(row, "request"));
      spelledOut.add(cell(row, "response"));
    }
    spelledOut.removeIf(text -> !text.contains("{"));

    assertThat(HEALTH_FILE.getMessageTypes().stream().map(DescriptorTest::spellOut))
        .containsExactlyInAnyOrderElementsOf(spelledOut);
  }

  @Test
  void theApiRunsOnJava17() throws IOException {
    try (InputStream in =
            Objects.requireNonNull(RpcProto.class.getResourceAsStream("RpcProto.class"));
        DataInputStream classFile = new DataInputStream(in)) {
      assertThat(classFile.readInt()).isEqualTo(0xCAFEBABE);
      classFile.readUnsignedShort(); // The minor version says nothing.
      assertThat(classFile.readUnsignedShort()).isEqualTo(61);
    }
  }

  private static List<MessageRow> messageRowsOfTheContract() {
    return Table.read(MESSAGES).stream()
        .map(
            row ->
                new MessageRow(
                    cell(row, "package"),
                    cell(row, "message"),
                    cell(row, "kind"),
                    cell(row, "name"),
                    cell(row, "number"),
                    cell(row, "type"),
                    cell(row, "label"),
                    cell(row, "json_camel_alias")))
        .toList();
  }

  private static List<MessageRow> messageRowsOfTheDescriptors() {
    List<MessageRow> rows = new ArrayList<>();
    for (FileDescriptor file : ETCD_FILES) {
      file.getEnumTypes().forEach(type -> addEnum(rows, type));
      file.getMessageTypes().forEach(type -> addMessage(rows, type));
    }
    return rows;
  }

  private static void addMessage(List<MessageRow> rows, Descriptor message) {
    String packageName = message.getFile().getPackage();
    String path = pathInPackage(message.getFullName(), packageName);
    rows.add(
        new MessageRow(
            packageName,
            path,
            "message",
            message.getName(),
            "",
            syntax(message.getFile()),
            "",
            ""));
    for (FieldDescriptor field : message.getFields()) {
      rows.add(
          new MessageRow(
              packageName,
              path,
              "field",
              field.getName(),
              Integer.toString(field.getNumber()),
              typeName(field),
              label(field),
              field.getJsonName()));
    }
    reserved(message.toProto())
        .forEach(
            name -> rows.add(new MessageRow(packageName, path, "reserved", name, "", "", "", "")));
    message.getEnumTypes().forEach(type -> addEnum(rows, type));
    message.getNestedTypes().forEach(type -> addMessage(rows, type));
  }

  private static void addEnum(List<MessageRow> rows, EnumDescriptor type) {
    String packageName = type.getFile().getPackage();
    String path = pathInPackage(type.getFullName(), packageName);
    rows.add(new MessageRow(packageName, path, "enumtype", type.getName(), "", "enum", "", ""));
    type.getValues()
        .forEach(
            value ->
                rows.add(
                    new MessageRow(
                        packageName,
                        path,
                        "enum",
                        value.getName(),
                        Integer.toString(value.getNumber()),
                        "enum-value",
                        "",
                        value.getName())));
  }

  private static String pathInPackage(String fullName, String packageName) {
    return fullName.substring(packageName.length() + 1);
  }

  /** An empty text in the descriptor of a file means proto2. */
  private static String syntax(FileDescriptor file) {
    String syntax = file.toProto().getSyntax();
    return syntax.isEmpty() ? "proto2" : syntax;
  }

  private static String typeName(FieldDescriptor field) {
    String packageName = field.getFile().getPackage();
    return switch (field.getJavaType()) {
      case MESSAGE -> {
        Descriptor type = field.getMessageType();
        boolean near = type.getFile().getPackage().equals(packageName);
        yield near ? type.getName() : type.getFullName();
      }
      case ENUM -> {
        EnumDescriptor type = field.getEnumType();
        boolean near = type.getFile().getPackage().equals(packageName);
        yield near ? type.getName() : type.getFullName();
      }
      case INT, LONG, FLOAT, DOUBLE, BOOLEAN, STRING, BYTE_STRING ->
          field.toProto().getType().name().substring("TYPE_".length()).toLowerCase(Locale.ROOT);
    };
  }

  private static String label(FieldDescriptor field) {
    OneofDescriptor oneof = field.getRealContainingOneof();
    if (oneof != null) {
      return "oneof " + oneof.getName();
    }
    if (field.isRepeated()) {
      return "repeated";
    }
    if (field.isRequired()) {
      return "required";
    }
    boolean written =
        syntax(field.getFile()).equals("proto2") || field.toProto().getProto3Optional();
    return written ? "optional" : "";
  }

  private static List<String> reserved(DescriptorProto message) {
    List<String> names = new ArrayList<>();
    for (DescriptorProto.ReservedRange range : message.getReservedRangeList()) {
      IntStream.range(range.getStart(), range.getEnd())
          .forEach(number -> names.add(Integer.toString(number)));
    }
    names.addAll(message.getReservedNameList());
    return names;
  }

  private static List<MethodRow> methodRowsOfTheContract() {
    return Table.read(METHODS).stream()
        .map(
            row ->
                new MethodRow(
                    cell(row, "service"),
                    cell(row, "method"),
                    withoutBraces(cell(row, "request")),
                    withoutBraces(cell(row, "response")),
                    cell(row, "client_streaming").equals("y"),
                    cell(row, "server_streaming").equals("y")))
        .toList();
  }

  private static List<MethodRow> methodRowsOfTheDescriptors() {
    List<MethodRow> rows = new ArrayList<>();
    ETCD_FILES.forEach(file -> addMethods(rows, file));
    addMethods(rows, HEALTH_FILE);
    return rows;
  }

  private static void addMethods(List<MethodRow> rows, FileDescriptor file) {
    for (ServiceDescriptor service : file.getServices()) {
      for (MethodDescriptor method : service.getMethods()) {
        rows.add(
            new MethodRow(
                service.getFullName(),
                method.getName(),
                method.getInputType().getName(),
                method.getOutputType().getName(),
                method.isClientStreaming(),
                method.isServerStreaming()));
      }
    }
  }

  private static String withoutBraces(String text) {
    int brace = text.indexOf('{');
    return brace < 0 ? text : text.substring(0, brace);
  }

  /** A message in the words of the table of methods: {@code Name{type field=number}}. */
  private static String spellOut(Descriptor message) {
    return message.getFields().stream()
        .map(field -> spelledType(field) + " " + field.getName() + "=" + field.getNumber())
        .collect(Collectors.joining(", ", message.getName() + "{", "}"));
  }

  private static String spelledType(FieldDescriptor field) {
    if (field.isMapField()) {
      List<FieldDescriptor> entry = field.getMessageType().getFields();
      return "map<" + typeName(entry.get(0)) + "," + typeName(entry.get(1)) + ">";
    }
    boolean isEnum = field.getJavaType() == FieldDescriptor.JavaType.ENUM;
    return (isEnum ? "enum " : "") + typeName(field);
  }

  private static String cell(Map<String, String> row, String column) {
    return Objects.requireNonNull(row.get(column), column);
  }
}
