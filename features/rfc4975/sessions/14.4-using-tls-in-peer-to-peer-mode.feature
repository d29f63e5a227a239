@im-client @large-messages
Feature: 14.4 Using TLS in Peer-to-Peer Mode

  MSRP goes over TLS between two who show certificates that nobody vouches for. What each shows is told by a fingerprint
  in its session description, and who shows another certificate is not talked to.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user
    And MSRP is secured with TLS

  @originating
  Scenario: The sender
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends an INVITE where
      | requirement    | field                    | expectation             |
      | RFC4975-8.1-1  | SDP protocol             | is TCP/TLS/MSRP         |
      | RFC4975-6-1    | SDP path scheme          | is msrps                |
      | RFC4975-14.4-1 | SDP fingerprint          | is present              |
      | RFC8122-5-1    | SDP fingerprint          | is well-formed          |
      | RFC8122-5-2    | SDP fingerprint function | is not MD5              |
      | RFC8122-5-2    | SDP fingerprint function | is not MD2              |
      | RFC8122-5.1-1  | SDP fingerprint function | includes SHA-256        |
      | RFC4975-14.4-2 | SDP fingerprint          | matches the certificate |
    And Alice's client opens the MSRP connection where
      | requirement    | field                    | expectation             |
      | RFC4975-5.4-4  | security                 | is TLS                  |

  @terminating
  Scenario: The recipient
    When Bob sends Alice a message of 20000 bytes
    Then Alice's client answers the INVITE where
      | requirement    | field                    | expectation             |
      | RFC4975-8.1-1  | SDP protocol             | is TCP/TLS/MSRP         |
      | RFC4975-6-1    | SDP path scheme          | is msrps                |
      | RFC4975-14.4-1 | SDP fingerprint          | is present              |
      | RFC8122-5-1    | SDP fingerprint          | is well-formed          |
      | RFC8122-5-2    | SDP fingerprint function | is not MD5              |
      | RFC8122-5-2    | SDP fingerprint function | is not MD2              |
      | RFC8122-5.1-1  | SDP fingerprint function | includes SHA-256        |
      | RFC4975-14.4-2 | SDP fingerprint          | matches the certificate |

  @originating @invalid
  Scenario: The recipient shows another certificate
    Given Bob's client changes what it sends
      | message       | change                                                                                                                             |
      | 200 to INVITE | set SDP attribute fingerprint to sha-256 00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00 |
    And Bob's client leaves the MSRP connection open
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends no chunk [RFC4975-14.4-3]
    And Alice's client closes the MSRP connection where
      | requirement    | field                                   | expectation |
      | RFC4975-14.4-4 | seconds after the MSRP connection is up | at most 2   |

  @terminating @invalid
  Scenario: The sender shows another certificate
    Given Bob's client changes what it sends
      | message | change                                                                                                                             |
      | INVITE  | set SDP attribute fingerprint to sha-256 00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00 |
    And Bob's client leaves the MSRP connection open
    When Bob sends Alice a message of 20000 bytes
    Then Alice's client acknowledges no chunk [RFC4975-14.4-3]
    And Alice's client closes the MSRP connection where
      | requirement    | field                                   | expectation |
      | RFC4975-14.4-4 | seconds after the MSRP connection is up | at most 2   |

  @originating @invalid
  Scenario: The answer has no fingerprint
    Given Bob's client changes what it sends
      | message       | change                         |
      | 200 to INVITE | drop SDP attribute fingerprint |
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends no chunk [RFC4975-14.4-5]

  @terminating @invalid
  Scenario: The offer has no fingerprint
    Given Bob's client changes what it sends
      | message | change                         |
      | INVITE  | drop SDP attribute fingerprint |
    When Bob sends Alice a message of 20000 bytes
    Then Alice's client acknowledges no chunk [RFC4975-14.4-5]

  @terminating @invalid
  Scenario Outline: Path and protocol contradict each other
    Given Bob's client changes what it sends
      | message | change   |
      | INVITE  | <change> |
    When Bob sends Alice a message of 20000 bytes
    Then Alice's client answers the INVITE where
      | requirement | field  | expectation             |
      | RFC4975-8-1 | status | is one of 400, 488, 606 |

    Examples:
      | flaw           | change                           |
      | plain path     | replace msrps:// with msrp://    |
      | plain protocol | set SDP protocol TCP/MSRP        |
