package dev.kvorum.simulator.planted;

import dev.kvorum.simulator.planted.Substitution.Answers;
import dev.kvorum.simulator.planted.Substitution.Calls;
import dev.kvorum.simulator.planted.Substitution.Forgets;
import dev.kvorum.simulator.planted.Substitution.Instead;
import dev.kvorum.simulator.planted.Substitution.Reads;
import dev.kvorum.simulator.planted.Substitution.Takes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Rewrites the one place of a class file that a {@link Substitution} names. */
final class Planter {
  private static final String PREFIX = "dev.kvorum.";
  private static final ClassDesc REPLACEMENTS = ClassDesc.of(Replacements.class.getName());

  private final Substitution substitution;
  private int seen;
  private boolean done;

  private Planter(Substitution substitution) {
    this.substitution = substitution;
  }

  /** The full name of a type as substitutions name it. */
  static String fullName(String type) {
    return type.startsWith("java.") ? type : PREFIX + type;
  }

  /**
   * The class file with the substitution.
   *
   * @throws PlantException if the place is not there, or there are more or fewer such places than
   *     the substitution says
   */
  static byte[] plant(byte[] classFile, Substitution substitution, ClassLoader types) {
    return new Planter(substitution).plant(classFile, types);
  }

  private byte[] plant(byte[] original, ClassLoader types) {
    var resolver =
        ClassHierarchyResolver.ofResourceParsing(types)
            .orElse(ClassHierarchyResolver.defaultResolver())
            .cached();
    var classFile = ClassFile.of(ClassFile.ClassHierarchyResolverOption.of(resolver));
    var planted =
        classFile.transformClass(
            classFile.parse(original),
            (builder, element) -> {
              if (element instanceof MethodModel method && isMeant(method)) {
                builder.transformMethod(method, transform(method));
              } else {
                builder.with(element);
              }
            });
    if (!done || seen != substitution.places()) {
      throw new PlantException(
          "%s: there are %d such places in %s.%s"
              .formatted(substitution, seen, substitution.type(), substitution.method()));
    }
    return planted;
  }

  private boolean isMeant(MethodModel method) {
    var name = method.methodName().stringValue();
    return method.code().isPresent()
        && (name.equals(substitution.method())
            || name.startsWith("lambda$" + substitution.method() + "$"));
  }

  private MethodTransform transform(MethodModel method) {
    return switch (substitution) {
      case Answers(_, _, var number) -> {
        isHere();
        var type = method.methodTypeSymbol().returnType();
        yield MethodTransform.dropping(element -> element instanceof java.lang.classfile.CodeModel)
            .andThen(
                MethodTransform.endHandler(
                    builder ->
                        builder.withCode(
                            code -> {
                              constant(code, type, number);
                              code.return_(TypeKind.from(type));
                            })));
      }
      case Takes takes -> MethodTransform.transformingCode(entry(method, takes));
      case Calls calls ->
          MethodTransform.transformingCode(
              (code, element) -> replaceCall(code, element, calls, isStatic(method)));
      case Reads reads ->
          MethodTransform.transformingCode((code, element) -> replaceRead(code, element, reads));
      case Forgets forgets ->
          MethodTransform.transformingCode((code, element) -> dropWrite(code, element, forgets));
    };
  }

  /** Counts a place; whether it is the one. */
  private boolean isHere() {
    seen++;
    var here = seen == substitution.place();
    done |= here;
    return here;
  }

  private CodeTransform entry(MethodModel method, Takes takes) {
    isHere();
    var isStatic = isStatic(method);
    var type = method.methodTypeSymbol().parameterType(takes.argument());
    var slot = isStatic ? 0 : 1;
    for (var i = 0; i < takes.argument(); i++) {
      slot += TypeKind.from(method.methodTypeSymbol().parameterType(i)).slotSize();
    }
    var at = slot;
    return new CodeTransform() {
      @Override
      public void atStart(CodeBuilder code) {
        code.loadLocal(TypeKind.from(type), at);
        callReplacement(code, takes.replacement(), List.of(type), type, isStatic);
        code.storeLocal(TypeKind.from(type), at);
      }

      @Override
      public void accept(CodeBuilder code, CodeElement element) {
        code.with(element);
      }
    };
  }

  private static boolean isStatic(MethodModel method) {
    return method.flags().has(AccessFlag.STATIC);
  }

  private void replaceCall(CodeBuilder code, CodeElement element, Calls calls, boolean isInStatic) {
    if (!(element instanceof InvokeInstruction call
        && call.name().equalsString(calls.called())
        && isType(call.owner().asSymbol(), calls.calledType())
        && isHere())) {
      code.with(element);
      return;
    }
    var operands = new ArrayList<ClassDesc>();
    if (call.opcode() != Opcode.INVOKESTATIC) {
      operands.add(call.owner().asSymbol());
    }
    operands.addAll(call.typeSymbol().parameterList());
    var result = call.typeSymbol().returnType();
    switch (calls.instead()) {
      case Instead.Constant(var number) -> {
        discard(code, operands);
        constant(code, result, number);
      }
      case Instead.Argument(var position) -> {
        discard(code, operands.subList(position + 1, operands.size()));
        var kind = TypeKind.from(operands.get(position));
        var local = code.allocateLocal(kind);
        code.storeLocal(kind, local);
        discard(code, operands.subList(0, position));
        code.loadLocal(kind, local);
      }
      case Instead.Opposite() -> {
        code.with(element);
        code.iconst_1().ixor();
      }
      case Instead.Sibling(var name) ->
          code.invoke(
              call.opcode(), call.owner().asSymbol(), name, call.typeSymbol(), call.isInterface());
      case Instead.Replacement(var name) ->
          callReplacement(code, name, operands, result, isInStatic);
    }
  }

  private void replaceRead(CodeBuilder code, CodeElement element, Reads reads) {
    if (element instanceof FieldInstruction access
        && access.opcode() == Opcode.GETFIELD
        && access.name().equalsString(reads.field())
        && isHere()) {
      code.pop();
      constant(code, access.typeSymbol(), reads.number());
    } else {
      code.with(element);
    }
  }

  private void dropWrite(CodeBuilder code, CodeElement element, Forgets forgets) {
    if (element instanceof FieldInstruction access
        && access.opcode() == Opcode.PUTFIELD
        && access.name().equalsString(forgets.field())
        && isHere()) {
      discard(code, List.of(access.owner().asSymbol(), access.typeSymbol()));
    } else {
      code.with(element);
    }
  }

  private static boolean isType(ClassDesc found, String named) {
    return found.equals(ClassDesc.of(fullName(named)));
  }

  /** Takes operands off the stack, the last one first. */
  private static void discard(CodeBuilder code, List<ClassDesc> operands) {
    for (var operand : operands.reversed()) {
      if (TypeKind.from(operand).slotSize() == 2) {
        code.pop2();
      } else {
        code.pop();
      }
    }
  }

  private static void constant(CodeBuilder code, ClassDesc type, long number) {
    switch (TypeKind.from(type)) {
      case VOID -> {}
      case REFERENCE -> code.aconst_null();
      case LONG -> code.loadConstant(number);
      case BOOLEAN, BYTE, CHAR, SHORT, INT -> code.loadConstant(Math.toIntExact(number));
      case FLOAT, DOUBLE -> throw new PlantException("no rule is about " + type.displayName());
    }
  }

  /** The operands are on the stack; who wants one more gets the object whose method calls. */
  private static void callReplacement(
      CodeBuilder code,
      String name,
      List<ClassDesc> operands,
      ClassDesc result,
      boolean isInStatic) {
    var type = MethodTypeDesc.ofDescriptor(descriptor(name));
    var wantsCaller = !isInStatic && type.parameterCount() == operands.size() + 1;
    if (wantsCaller) {
      code.aload(0);
    } else if (type.parameterCount() != operands.size()) {
      throw new PlantException("the replacement " + name + " takes other operands: " + operands);
    }
    code.invokestatic(REPLACEMENTS, name, type);
    if (!type.returnType().equals(result)) {
      if (TypeKind.from(result) == TypeKind.VOID) {
        discard(code, List.of(type.returnType()));
      } else {
        code.checkcast(result);
      }
    }
  }

  private static String descriptor(String replacement) {
    var found =
        Arrays.stream(Replacements.class.getDeclaredMethods())
            .filter(method -> method.getName().equals(replacement))
            .toList();
    if (found.size() != 1) {
      throw new PlantException(found.size() + " replacements are called " + replacement);
    }
    return descriptor(found.getFirst());
  }

  private static String descriptor(Method method) {
    var parameters =
        Arrays.stream(method.getParameterTypes()).map(type -> type.describeConstable().get());
    return MethodTypeDesc.of(method.getReturnType().describeConstable().get(), parameters.toList())
        .descriptorString();
  }
}
