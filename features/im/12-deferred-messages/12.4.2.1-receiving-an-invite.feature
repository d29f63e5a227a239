@deferred-messaging-function @terminating
Feature: 12.4.2.1 Receiving SIP INVITE

  The recipient of a message is not there. The SIP/IP core hands the invitation over to the store, which answers in the
  recipient's place as the automaton that it is, takes the message, and keeps it with what the invitation says of it.

  Background:
    Given the deferred store is under test
    And Alice is a registered IM user
    And Bob is offline

  Scenario: The 200
    When Alice sends Bob a message of 20000 bytes
    Then the deferred store answers the INVITE where
      | requirement             | field                      | expectation                  |
      | IM-12.4.2.1-resp.1      | status                     | is 200                       |
      | IM-12.4.2.1-resp.1      | message                    | is well-formed               |
      | IM-12.4.2.1-resp.1      | mandatory headers          | are complete                 |
      | IM-12.4.2.1-resp.1      | To tag                     | is present                   |
      | IM-12.4.2.1-resp.1      | Record-Route               | is present                   |
      | IM-12.4.2.1-resp.2      | Server                     | states the IM server release |
      | IM-12.4.2.1-resp.3      | Contact                    | has feature tag automata     |
      | IM-12.4.2.1-resp.4      | Date                       | is the time of the INVITE    |
      | IM-12.4.2.1-resp.5.1    | SDP                        | answers the offer            |
      | IM-12.4.2.1-resp.5.1    | SDP direction              | is recvonly                  |
      | IM-12.4.2.1-resp.5.2    | SDP path                   | is present                   |
      | IM-12.4.2.1-resp.5.2    | SDP attribute accept-types | is present                   |

  Scenario: A large message
    When Alice sends Bob a message of 20000 bytes
    Then the deferred store receives the message from Alice over MSRP where
      | requirement          | field           | expectation             |
      | IM-12.4.2.1-resp.5.2 | responses       | acknowledge with 200    |
      | RFC4975-7.1.2-1      | success reports | cover the whole message |

  Scenario: What is kept is delivered as it was
    When Alice sends Bob a message of 20000 bytes
    And Bob registers
    Then the deferred store sends Bob 1 message over MSRP in all [IM-12.4.2.1-2]
    And the deferred store sends Bob the message over MSRP where
      | requirement   | field         | expectation               |
      | IM-12.4.2.1-2 | content       | is the message            |
      | IM-12.4.2.1-2 | CPIM From     | is Alice's address        |
      | IM-12.4.2.1-2 | CPIM To       | is Bob's address          |
      | IM-12.4.2.1-2 | CPIM DateTime | is the time of the INVITE |

  Scenario: The subject and the date of the invitation
    Given Alice's client changes what it sends
      | message | change                                               |
      | INVITE  | add header Subject to Minutes of today               |
      | INVITE  | add header Date to Wed, 31 Dec 2025 08:30:00 GMT     |
    When Alice sends Bob a message of 20000 bytes
    And Bob registers
    Then the deferred store sends Bob the message over MSRP where
      | requirement   | field         | expectation             |
      | IM-12.4.2.1-2 | CPIM Subject  | is Minutes of today     |
      | IM-12.4.2.1-2 | CPIM DateTime | is 2025-12-31T08:30:00Z |

  Scenario: Who hides his identity stays hidden
    When Alice sends Bob a message of 20000 bytes
      | option    | value |
      | anonymous | yes   |
    And Bob registers
    Then the deferred store sends Bob the message over MSRP where
      | requirement   | field     | expectation                      |
      | IM-12.4.2.1-2 | CPIM From | is sip:anonymous@anonymous.invalid |

  Scenario: A message of pager mode
    When Alice sends Bob a message of 200 bytes
    And Bob registers
    Then the deferred store answers the MESSAGE where
      | requirement        | field  | expectation                  |
      | IM-12.4.2.1-resp.1 | status | is one of 200, 202           |
      | IM-12.4.2.1-resp.2 | Server | states the IM server release |
    And the deferred store sends Bob the message over MSRP where
      | requirement   | field     | expectation        |
      | IM-12.4.2.1-2 | content   | is the message     |
      | IM-12.4.2.1-2 | CPIM From | is Alice's address |

  Scenario: The sender falls silent
    Given Alice's client changes what it sends
      | message                | change  |
      | from the 3rd MSRP SEND | swallow |
    When Alice sends Bob a message of 20000 bytes
    Then the deferred store sends a BYE where
      | requirement   | field       | expectation               |
      | IM-12.4.2.1-1 | Request-URI | is the Contact of the INVITE |

  @ims
  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    When Alice sends Bob a message of 20000 bytes
    Then the deferred store answers the INVITE where
      | requirement        | field                   | expectation           |
      | IM-12.4.2.1-ims    | P-Charging-Vector       | is present            |
      | IM-12.4.2.1-resp.6 | P-Asserted-Identity URI | is the deferred store |

  @invalid
  Scenario Outline: An offer that cannot be answered
    Given Alice's client changes what it sends
      | message | change   |
      | INVITE  | <change> |
    When Alice sends Bob a message of 20000 bytes
    Then the deferred store answers the INVITE where
      | requirement          | field  | expectation                  |
      | IM-12.4.2.1-resp.5.1 | status | is 488                       |
      | IM-12.4.2.1-resp.2   | Server | states the IM server release |
      | IM-12.4.2.1-resp.4   | Date   | is the time of the INVITE    |

    Examples:
      | flaw              | change                        |
      | other media       | set SDP media application     |
      | another protocol  | set SDP protocol RTP/AVP      |
      | no path           | drop SDP attribute path       |

  @inopportune
  Scenario Outline: What breaks off is not kept
    Given <break>
    When Alice sends Bob a message of 20000 bytes
    And Bob registers
    Then the deferred store sends Bob no INVITE [IM-12.4.2.1-2]

    Examples:
      | how             | break                                                       |
      | the session     | Alice releases the session once 3 chunks have gone          |
      | the message     | Alice breaks the message off once 3 chunks have gone        |
      | the connection  | Alice aborts the MSRP connection once 3 chunks have gone    |

  Scenario: The recipient comes while the message does
    Given Alice's client changes what it sends
      | message       | change     |
      | 5th MSRP SEND | delay 10 s |
    When Alice sends Bob a message of 20000 bytes
    And 5 seconds pass
    And Bob registers
    Then the deferred store sends Bob 1 message over MSRP in all [IM-12.4.2.2-a.ii]
    And the deferred store sends Bob the message over MSRP where
      | requirement   | field   | expectation    |
      | IM-12.4.2.1-2 | content | is the message |
