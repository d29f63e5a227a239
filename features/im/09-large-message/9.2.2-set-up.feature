@im-client @terminating @large-messages
Feature: 9.2.2 Large Message Session set up

  The recipient's client looks at the offer, tells a large message from a file and from an ordinary session,
  and takes the large message without asking its user.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user

  Scenario: Large message
    When Bob sends Alice a message of 20000 bytes
    Then Alice's client answers the INVITE where
      | requirement  | field                      | expectation                   |
      | IM-9.2.2-1.2 | status                     | is not 488                    |
      | IM-9.2.2-2.1 | status                     | is 200                        |
      | IM-9.2.2-3   | status                     | is 200                        |
      | IM-9.2.2-3   | mandatory headers          | are complete                  |
      | IM-9.2.2-3   | Contact                    | has feature tag +g.oma.sip-im |
      | IM-9.2.2-4.1 | SDP                        | answers the offer             |
      | IM-9.2.2-4.1 | SDP direction              | is recvonly                   |
      | IM-9.2.2-4.2 | SDP path                   | is present                    |
      | IM-9.2.2-4.2 | SDP attribute accept-types | is present                    |
      | IM-9.2.2-4.2 | SDP port                   | is not 0                      |
      | IM-9.2.2-5   | next hop                   | is the SIP/IP core            |
      | IM-9.2.2-5   | Record-Route               | is present                    |
    And Alice's client receives the message over MSRP where
      | requirement  | field           | expectation             |
      | IM-9.2.2-6   | responses       | acknowledge with 200    |
      | IM-9.2.2-6   | success reports | cover the whole message |
    And Alice is told "large-message" [IM-9.2.2-2.1]
    And Alice is told "message" [IM-9.2.2-6]

  Scenario: One of the types is known
    Given Bob's client changes what it sends
      | message | change                                                           |
      | INVITE  | set SDP attribute accept-types to application/x-unseen text/plain |
    When Bob sends Alice a message of 20000 bytes
    Then Alice's client answers the INVITE where
      | requirement  | field  | expectation |
      | IM-9.2.2-1.2 | status | is not 488  |

  Scenario: File transfer
    Given Bob's client changes what it sends
      | message | change                                    |
      | INVITE  | set SDP attribute filename to minutes.txt |
      | INVITE  | set SDP attribute filetype to text/plain  |
    When Bob sends Alice a message of 20000 bytes
    Then Alice is told "file-transfer" [IM-9.2.2-2.2]
    And Alice is not told "large-message" [IM-9.2.2-2.2]

  Scenario: Ordinary session
    Given Bob's client changes what it sends
      | message | change                     |
      | INVITE  | set SDP direction sendrecv |
    When Bob sends Alice a message of 20000 bytes
    Then Alice is told "session-invitation" [IM-9.2.2-2.3]
    And Alice is not told "large-message" [IM-9.2.2-2.3]
    And Alice is not told "large-message" [IM-9.1.1.2-5note]

  Scenario: No direction means both
    Given Bob's client changes what it sends
      | message | change             |
      | INVITE  | drop SDP direction |
    When Bob sends Alice a message of 20000 bytes
    Then Alice is told "session-invitation" [IM-9.1.1.2-5note]
    And Alice is not told "large-message" [IM-9.1.1.2-5note]

  Scenario: Size without direction from the deferred store
    Given Bob's client adds automata to its Contact
    And Bob's client changes what it sends
      | message | change                      |
      | INVITE  | drop SDP attribute filesize |
    When Bob sends Alice a message of 20000 bytes
    Then Alice's client answers the INVITE where
      | requirement  | field  | expectation |
      | IM-9.2.2-1.2 | status | is not 488  |
      | IM-9.2.2-1.2 | status | is 200      |

  Scenario: Pointer to content outside the session
    When Bob sends Alice a message of 20000 bytes
      | option           | value                                |
      | external content | http://content.home1.example/minutes |
    Then Alice's client receives the message over MSRP where
      | requirement  | field     | expectation          |
      | IM-9.4.2-3.1 | responses | acknowledge with 200 |
    And Alice is told "stored" [IM-9.2.2-7.1]

  Scenario: Description along with the content
    When Bob sends Alice a message of 20000 bytes
      | option      | value            |
      | description | Minutes of today |
    Then Alice's client receives the message over MSRP where
      | requirement | field     | expectation          |
      | IM-9.4.2-2  | responses | acknowledge with 200 |

  Scenario: Not to be shown by itself
    When Bob sends Alice a message of 20000 bytes
      | option         | value |
      | show on demand | yes   |
    Then Alice's client receives the message over MSRP where
      | requirement   | field           | expectation             |
      | IM-9.2.2-6    | responses       | acknowledge with 200    |
      | IM-9.2.2-6    | success reports | cover the whole message |
    And Alice is not told "message" [RFC2183-2.2-1]

  @ims
  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    When Bob sends Alice a message of 20000 bytes
    Then Alice's client answers the INVITE where
      | requirement  | field                 | expectation |
      | IM-9.2.2-ims | P-Access-Network-Info | is present  |

  Scenario: No report and no response are asked for
    When Bob sends Alice a message of 20000 bytes
      | option         | value |
      | failure report | no    |
    Then Alice's client receives the message over MSRP where
      | requirement     | field     | expectation |
      | RFC4975-7.2-2   | responses | is absent   |

  Scenario: Only failures are to be reported
    When Bob sends Alice a message of 20000 bytes
      | option         | value   |
      | failure report | partial |
    Then Alice's client receives the message over MSRP where
      | requirement     | field     | expectation |
      | RFC4975-7.2-2   | responses | is absent   |

  Scenario Outline: Chunks in another order
    Given Bob's client changes what it sends
      | message       | change   |
      | 3rd MSRP SEND | <change> |
    When Bob sends Alice a message of 20000 bytes
    Then Alice's client receives the message over MSRP where
      | requirement       | field           | expectation             |
      | RFC4975-7.3.1-1   | responses       | acknowledge with 200    |
      | RFC4975-7.3.1-1   | success reports | cover the whole message |
    And Alice is told "message" [RFC4975-7.3.1-1]

    Examples:
      | way         | change       |
      | late        | delay 0.02 s |
      | overlapping | overlap 512  |
      | twice       | send twice   |

  Scenario: The message is faster than the ACK
    Given Bob's client changes what it sends
      | message | change       |
      | ACK     | delay 0.02 s |
    When Bob sends Alice a message of 20000 bytes
    Then Alice's client receives the message over MSRP where
      | requirement     | field           | expectation             |
      | RFC3264-6.1-1   | responses       | acknowledge with 200    |
      | RFC3264-6.1-1   | success reports | cover the whole message |

  Scenario: Streams in pieces
    Given the network delivers streams one octet at a time
    When Bob sends Alice a message of 5000 bytes
    Then Alice's client receives the message over MSRP where
      | requirement | field           | expectation             |
      | IM-9.2.2-6  | responses       | acknowledge with 200    |
      | IM-9.2.2-6  | success reports | cover the whole message |

  @invalid
  Scenario: None of the types is known
    Given Bob's client changes what it sends
      | message | change                                                |
      | INVITE  | set SDP attribute accept-types to application/x-unseen |
    When Bob sends Alice a message of 20000 bytes
    Then Alice's client answers the INVITE where
      | requirement  | field  | expectation |
      | IM-9.2.2-1.1 | status | is 488      |

  @invalid
  Scenario Outline: The offer cannot be used
    Given Bob's client changes what it sends
      | message | change   |
      | INVITE  | <change> |
    When Bob sends Alice a message of 20000 bytes
    Then Alice's client answers the INVITE where
      | requirement   | field  | expectation                |
      | RFC4975-8-1   | status | is one of 400, 488, 606    |

    Examples:
      | flaw           | change                       |
      | no path        | drop SDP attribute path      |
      | other protocol | set SDP protocol RTP/AVP     |
      | other medium   | set SDP media audio          |

  @invalid
  Scenario: The medium is offered twice
    Given Bob's client changes what it sends
      | message | change           |
      | INVITE  | repeat SDP media |
    When Bob sends Alice a message of 20000 bytes
    Then Alice's client answers the INVITE where
      | requirement   | field            | expectation                  |
      | RFC4975-8-1   | status           | is one of 200, 400, 488, 606 |
      | RFC4975-8-1   | SDP media in use | at most 1                    |
      | RFC3264-6-2   | SDP              | answers the offer            |

  @invalid
  Scenario: The message is larger than announced
    Given Bob's client changes what it sends
      | message | change                             |
      | INVITE  | set SDP attribute filesize to 5000 |
    When Bob sends Alice a message of 20000 bytes
    Then Alice is not told "message" [RFC5547-8.3.1-5]

  @invalid
  Scenario Outline: The size cannot be read
    Given Bob's client changes what it sends
      | message | change                                |
      | INVITE  | set SDP attribute filesize to <value> |
    When Bob sends Alice a message of 20000 bytes
    Then Alice's client answers the INVITE where
      | requirement        | field  | expectation                     |
      | RFC3261-13.3.1-1   | status | is one of 200, 400, 488, 606    |

    Examples:
      | flaw      | value                |
      | no number | abc                  |
      | negative  | -1                   |
      | enormous  | 99999999999999999999 |

  @invalid
  Scenario: A chunk without its Message-ID
    Given Bob's client changes what it sends
      | message   | change                 |
      | MSRP SEND | drop header Message-ID |
    When Bob sends Alice a message of 1500 bytes
    Then Alice's client receives the message over MSRP where
      | requirement       | field           | expectation          |
      | RFC4975-10.2-1    | responses       | acknowledge with 400 |
      | RFC4975-10.2-1    | success reports | is absent            |

  @invalid
  Scenario Outline: A chunk that cannot be understood
    Given Bob's client changes what it sends
      | message         | change   |
      | first MSRP SEND | <change> |
    When Bob sends Alice a message of 1500 bytes
    And 100 seconds pass
    And Bob sends Alice a message of 1500 bytes
    Then Alice's client receives the message over MSRP where
      | requirement       | field           | expectation |
      | RFC4975-10.2-2    | responses       | is not 200  |
      | RFC4975-10.2-2    | success reports | is absent   |
    And Alice's client receives the 2nd message over MSRP where
      | requirement       | field           | expectation             |
      | RFC4975-10.2-3    | responses       | acknowledge with 200    |
      | RFC4975-10.2-3    | success reports | cover the whole message |

    Examples:
      | flaw              | change                          |
      | no Message-ID     | drop header Message-ID          |
      | no number         | set header Byte-Range to a-b/c  |
      | octet 0           | set header Byte-Range to 0-1/2  |
      | short transaction | set transaction id abc          |

  @invalid
  Scenario: A chunk without an end
    Given Bob's client changes what it sends
      | message         | change        |
      | first MSRP SEND | drop end-line |
    When Bob sends Alice a message of 1500 bytes
    And 100 seconds pass
    And Bob sends Alice a message of 2500 bytes
    Then Alice's client receives the message over MSRP where
      | requirement       | field           | expectation             |
      | RFC4975-10.2-3    | responses       | acknowledge with 200    |
      | RFC4975-10.2-3    | success reports | cover the whole message |

  @invalid
  Scenario: A type that was not agreed
    Given Bob's client changes what it sends
      | message         | change                                        |
      | first MSRP SEND | set header Content-Type to application/x-unseen |
    When Bob sends Alice a message of 1500 bytes
    Then Alice's client receives the message over MSRP where
      | requirement       | field           | expectation          |
      | RFC4975-7.3.1-3   | responses       | acknowledge with 415 |
      | RFC4975-7.3.1-3   | success reports | is absent            |

  @invalid
  Scenario: An unknown session
    Given Bob's client changes what it sends
      | message         | change                                                      |
      | MSRP SEND       | set header To-Path to {MSRP of Alice's client}/nosuchsession;tcp |
    When Bob sends Alice a message of 1500 bytes
    Then Alice's client receives the message over MSRP where
      | requirement     | field     | expectation          |
      | RFC4975-7.3-1   | responses | acknowledge with 481 |

  @invalid
  Scenario: The session on a second connection
    Given Bob sends a message over a second connection once 3 chunks have gone
    When Bob sends Alice a message of 60000 bytes
    Then Alice's client receives the 2nd message over MSRP where
      | requirement     | field           | expectation          |
      | RFC4975-5.4-2   | responses       | acknowledge with 506 |
      | RFC4975-5.4-2   | success reports | is absent            |
    And Alice's client receives the message over MSRP where
      | requirement | field           | expectation             |
      | IM-9.2.2-6  | responses       | acknowledge with 200    |
      | IM-9.2.2-6  | success reports | cover the whole message |

  @invalid
  Scenario: An unknown method
    Given Bob's client changes what it sends
      | message         | change            |
      | first MSRP SEND | set method FOOBAR |
    When Bob sends Alice a message of 1500 bytes
    Then Alice's client receives the message over MSRP where
      | requirement      | field     | expectation          |
      | RFC4975-10.9-1   | responses | acknowledge with 501 |

  @inopportune
  Scenario: The sender breaks the message off
    Given Bob breaks the message off once 3 chunks have gone
    When Bob sends Alice a message of 60000 bytes
    Then Alice's client receives the message over MSRP where
      | requirement       | field           | expectation |
      | RFC4975-7.3.1-2   | success reports | is absent   |
    And Alice is not told "message" [RFC4975-7.3.1-2]

  @inopportune
  Scenario: The sender gives the invitation up
    Given Bob's client changes what it sends
      | message | change                     |
      | INVITE  | set SDP direction sendrecv |
    And Bob cancels the invitation once it rings
    When Bob sends Alice a message of 20000 bytes
    Then Alice's client answers the INVITE where
      | requirement     | field  | expectation |
      | RFC3261-9.2-1   | status | is 487      |

  @inopportune
  Scenario: The sender releases during the transfer
    Given Bob releases the session once 3 chunks have gone
    When Bob sends Alice a message of 60000 bytes
    Then Alice's client answers the BYE where
      | requirement        | field  | expectation |
      | RFC3261-15.1.2-1   | status | is 200      |
    And Alice is not told "message" [RFC4975-7.3.1-2]

  @inopportune
  Scenario: The sender goes on after its release
    Given Bob's client leaves the MSRP connection open
    And Bob's client changes what it sends
      | message                | change       |
      | from the 8th MSRP SEND | delay 0.05 s |
    And Bob releases the session once 8 chunks have gone
    When Bob sends Alice a message of 60000 bytes
    Then Alice's client answers the BYE where
      | requirement        | field  | expectation |
      | RFC3261-15.1.2-1   | status | is 200      |
    And Alice's client acknowledges no chunk after the 200 to the BYE [RFC4975-7.3-2]
    And Alice is not told "message" [RFC4975-7.3.1-2]
