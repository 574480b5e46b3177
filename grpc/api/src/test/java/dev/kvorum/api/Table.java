package dev.kvorum.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A tab-separated table of the contract, read from the test resources. */
final class Table {
  private Table() {}

  /**
   * The rows below the header line, each as a map from column to cell, in the order of the file.
   */
  static List<Map<String, String>> read(String resource) {
    List<String> lines = lines(resource);
    String[] columns = lines.get(0).split("\t", -1);
    List<Map<String, String>> rows = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split("\t", -1);
      if (cells.length != columns.length) {
        throw new IllegalStateException(resource + " has a row of another width: " + line);
      }
      Map<String, String> row = new LinkedHashMap<>();
      for (int column = 0; column < columns.length; column++) {
        row.put(columns[column], cells[column]);
      }
      rows.add(row);
    }
    return List.copyOf(rows);
  }

  private static List<String> lines(String resource) {
    try (InputStream in = Objects.requireNonNull(Table.class.getResourceAsStream(resource))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
