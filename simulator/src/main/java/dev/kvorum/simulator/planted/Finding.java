package dev.kvorum.simulator.planted;

/**
 * What a run of one seed found. Shared by the classes with and without the bug, so it holds nothing
 * but what the JDK brings.
 *
 * @param check what objected
 * @param detail its evidence
 * @param events how many events had happened by then
 */
public record Finding(String check, String detail, long events) {}
