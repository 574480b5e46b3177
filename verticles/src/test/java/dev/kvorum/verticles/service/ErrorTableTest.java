package dev.kvorum.verticles.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Failure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Compares the table with the contract's list of errors. */
class ErrorTableTest {
  /** The kinds of rows that a service answers with; the others are texts inside of answers. */
  private static final Set<String> SERVED =
      Set.of("grpc", "grpc-code-mismatch", "grpc-unmapped", "grpc-library");

  @ParameterizedTest
  @EnumSource(
      value = Failure.class,
      mode = EnumSource.Mode.EXCLUDE,
      // Nothing that the contract serves is unimplemented when the product is done.
      names = "UNIMPLEMENTED")
  void everyFailureIsARowOfTheContract(Failure failure) throws IOException {
    assertThat(contract()).contains(ErrorTable.of(failure));
  }

  @Test
  void unimplementedHasTheCodeThatClientsFallBackOn() {
    assertThat(ErrorTable.of(Failure.UNIMPLEMENTED).code()).isEqualTo(12);
  }

  @Test
  void noTwoFailuresLookAlike() {
    var seen = new HashSet<String>();
    for (var failure : Failure.values()) {
      assertThat(seen.add(ErrorTable.of(failure).text())).as("%s", failure).isTrue();
    }
  }

  @Test
  void theRefusalOfABackloggedMemberKeepsItsOddCode() {
    // Clients have always seen Unknown here (contract S21.3).
    assertThat(ErrorTable.of(Failure.TOO_MANY_REQUESTS))
        .isEqualTo(new ErrorTable.WireError(2, "etcdserver: too many requests"));
  }

  private static Set<ErrorTable.WireError> contract() throws IOException {
    var rows = new HashSet<ErrorTable.WireError>();
    try (var lines =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(
                    ErrorTableTest.class.getResourceAsStream("/contract/errors.tsv")),
                StandardCharsets.UTF_8))) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        var columns = line.split("\t", -1);
        if (SERVED.contains(columns[0])) {
          rows.add(new ErrorTable.WireError(Integer.parseInt(columns[2]), columns[3]));
        }
      }
    }
    return rows;
  }
}
