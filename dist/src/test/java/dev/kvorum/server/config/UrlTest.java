package dev.kvorum.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UrlTest {
  @Test
  void aListIsSortedAndWithoutRepetitions() throws ConfigException {
    assertThat(Url.texts(Url.parseList(" http://b:1,http://a:2 ,http://b:1")))
        .containsExactly("http://a:2", "http://b:1");
  }

  @Test
  void partsAreTakenApart() throws ConfigException {
    var url = Url.parse("HTTP://[fe80::1]:2379");

    assertThat(url.scheme()).isEqualTo("http");
    assertThat(url.host()).isEqualTo("fe80::1");
    assertThat(url.port()).isEqualTo(2379);
    assertThat(url.text()).isEqualTo("http://[fe80::1]:2379");
    assertThat(url.isSecure()).isFalse();
  }

  @Test
  void socketsAreNamedByAllBehindTheScheme() throws ConfigException {
    assertThat(Url.parse("unix:///run/kvorum.sock").socketPath()).isEqualTo("/run/kvorum.sock");
    assertThat(Url.parse("unixs://localhost:1").socketPath()).isEqualTo("localhost:1");
    assertThat(Url.parse("unixs://a").isSecure()).isTrue();
    assertThat(Url.parse("unix://a").isUnixSocket()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "localhost:2379 | URL scheme must be http, https, unix, or unixs: localhost:2379",
        "mailto://a:1 | URL scheme must be http, https, unix, or unixs: mailto://a:1",
        "a | URL scheme must be http, https, unix, or unixs: a",
        "://a:1 | parse \"://a:1\": missing protocol scheme",
        "127.0.0.1:1" + " | parse \"127.0.0.1:1\": first path segment in URL cannot contain colon",
        "http://a | URL address does not have the form \"host:port\": http://a",
        "http:// | URL address does not have the form \"host:port\": http://",
        "http://::1:1 | URL address does not have the form \"host:port\": http://::1:1",
        "http://a:1/ | URL must not contain a path: http://a:1/",
        "http://a:1/b | URL must not contain a path: http://a:1/b",
        "http://a:x | parse \"http://a:x\": invalid port \":x\" after host",
        "http://a:65536 | parse \"http://a:65536\": invalid port \":65536\" after host",
        "http://a:99999999999"
            + " | parse \"http://a:99999999999\": invalid port \":99999999999\" after host"
      })
  void whatIsNoUrlIsRefused(String text, String message) {
    assertThatThrownBy(() -> Url.parse(text))
        .isInstanceOf(ConfigException.class)
        .hasMessage(message);
  }
}
