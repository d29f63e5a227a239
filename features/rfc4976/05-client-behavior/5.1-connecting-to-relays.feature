@im-client @relays @originating
Feature: 5.1 Connecting to Relays Acting on Your Behalf

  A client behind a firewall reaches others through an MSRP relay. It asks the relay for a path with AUTH,
  shows that it knows its password, and puts what it gets into its session description.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user
    And the MSRP relay acts for Alice

  Scenario: A path for a message
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends an AUTH where
      | requirement   | field              | expectation           |
      | RFC4976-5.1-1 | MSRP To-Path       | is the MSRP relay     |
      | RFC4976-5.1-2 | MSRP From-Path     | is at Alice's client  |
      | RFC4976-5.1-3 | MSRP Authorization | answers the challenge |
      | RFC4976-9.1-1 | MSRP Authorization | has parameter qop     |
      | RFC4976-9.1-1 | MSRP Authorization | has parameter cnonce  |
      | RFC4976-9.1-1 | MSRP Authorization | has parameter nc      |
    And Alice's client sends an INVITE where
      | requirement   | field              | expectation             |
      | RFC4976-5.1-4 | SDP path           | is Alice's relayed path |
    And Alice's client sends the message over MSRP where
      | requirement   | field              | expectation                  |
      | RFC4976-5.1-5 | MSRP To-Path       | is the way from Alice to Bob |
      | RFC4976-5.2-1 | next hop           | is at the MSRP relay         |

  Scenario: Both have the relay
    Given the MSRP relay acts for Bob
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends an INVITE where
      | requirement   | field              | expectation             |
      | RFC4976-5.1-4 | SDP path           | is Alice's relayed path |
    And Alice's client sends the message over MSRP where
      | requirement   | field              | expectation                  |
      | RFC4976-5.1-5 | MSRP To-Path       | is the way from Alice to Bob |
      | RFC4975-7.1-2 | chunks             | carry the whole message      |

  Scenario: The relay is asked over TLS
    Given MSRP is secured with TLS
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends an AUTH where
      | requirement   | field              | expectation           |
      | RFC4976-9.2-1 | security           | is TLS                |
      | RFC4976-5.1-3 | MSRP Authorization | answers the challenge |

  Scenario: A path for each session
    When Alice sends Bob a message of 20000 bytes
    And Alice sends Bob a message of 30000 bytes
    Then Alice's client sends another INVITE where
      | requirement   | field              | expectation                 |
      | RFC4976-5.1-6 | SDP path           | is not Alice's relayed path |

  @terminating
  Scenario: A path for a session that somebody else begins
    When Bob sends Alice a message of 20000 bytes
    Then Alice's client answers the INVITE with 200 where
      | requirement   | field              | expectation             |
      | RFC4976-5.1-4 | SDP path           | is Alice's relayed path |
    And Alice's client receives the message over MSRP where
      | requirement     | field           | expectation              |
      | RFC4975-7.2-5   | responses       | go to the previous hop   |
      | RFC4975-7.1.2-3 | success reports | take the whole path back |
