package dev.kvorum.storage.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Lists seen as one. */
final class JoinedListTest {
  @Test
  void partsFollowEachOtherForTheIteratorAndForGet() {
    var joined = new JoinedList<Integer>();
    var expected = new ArrayList<Integer>();
    for (var part = 0; part < 12; part++) {
      var numbers = new ArrayList<Integer>();
      for (var i = 0; i < part % 4; i++) {
        numbers.add(expected.size());
        expected.add(expected.size());
      }
      joined.join(numbers);
    }

    assertThat(joined).isEqualTo(expected).hasSize(18);
    for (var i = 0; i < expected.size(); i++) {
      assertThat(joined.get(i)).isEqualTo(i);
    }
  }

  @Test
  void nothingIsBeforeItsBeginningOrBehindItsEnd() {
    var joined = new JoinedList<Integer>();
    assertThat(joined).isEmpty();
    joined.join(List.of(1));
    assertThatThrownBy(() -> joined.get(1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> joined.get(-1)).isInstanceOf(IndexOutOfBoundsException.class);
  }
}
