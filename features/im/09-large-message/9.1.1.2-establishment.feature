@im-client @originating @large-messages
Feature: 9.1.1.2 Establishment of a Large Message Session

  The sender's client invites the recipient, a list of recipients or a group; the offer says that one
  message of a known size follows, in one direction.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user

  Scenario: One recipient
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends an INVITE where
      | requirement    | field                  | expectation                    |
      | IM-9.1.1.2-1   | method                 | is INVITE                      |
      | IM-9.1.1.2-1   | Accept-Contact         | has feature tag +g.oma.sip-im  |
      | IM-9.1.1.2-1   | Contact                | has feature tag +g.oma.sip-im  |
      | IM-9.1.1.2-2   | Request-URI            | is Bob's address               |
      | IM-9.1.1.2-5.1 | SDP                    | is a valid offer               |
      | IM-9.1.1.2-5.1 | SDP                    | is well-formed                 |
      | IM-9.1.1.2-5.2 | SDP media              | is message                     |
      | IM-9.1.1.2-5.2 | SDP protocol           | is one of TCP/MSRP, TCP/TLS/MSRP |
      | IM-9.1.1.2-5.2 | SDP format             | is *                           |
      | IM-9.1.1.2-5.2 | SDP path               | is present                     |
      | IM-9.1.1.2-5.2 | SDP attribute accept-types | is present                 |
      | IM-9.1.1.2-5a  | SDP direction          | is sendonly                    |
      | IM-9.1.1.2-6.1 | SDP attribute filesize | is a number                    |
      | IM-9.1.1.2-6.2 | SDP attribute filesize | is the size of the message     |
      | IM-9.1.1.2-7   | next hop               | is the SIP/IP core             |
    And Alice's client opens the MSRP connection where
      | requirement      | field                               | expectation                    |
      | IM-9.1.1.2-200.2 | order                               | is after the 200 to the INVITE |
      | IM-9.1.1.2-200.2 | seconds after the 200 to the INVITE | at most 10                     |
    And Alice's client sends the message over MSRP where
      | requirement        | field               | expectation                    |
      | IM-9.1.1.2-200.2   | order               | is after the 200 to the INVITE |
      | IM-9.1.1.2-200.3.1 | MSRP Success-Report | is yes                         |
    And Alice's client sends an ACK where
      | requirement                  | field       | expectation                             |
      | IM-9.1.1.2-200.1             | Request-URI | is the Contact of the 200 to the INVITE |
    And Alice's client sends a BYE where
      | requirement                  | field       | expectation                                |
      | IM-9.1.1.2-200.1             | Request-URI | is the Contact of the 200 to the INVITE    |
      | IM-9.1.1.2-end               | order       | is after the whole message is acknowledged |
      | IM-9.1.1.2-end               | Request-URI | is the Contact of the 200 to the INVITE    |
    And Alice is told "delivered" [IM-9.1.1.2-200.3.2]

  Scenario: Several recipients
    Given Carol is a registered IM user
    When Alice sends Bob and Carol a message of 20000 bytes
    Then Alice's client sends an INVITE where
      | requirement     | field                             | expectation                          |
      | IM-9.1.1.2-3a.1 | part application/resource-lists+xml | is present                         |
      | IM-9.1.1.2-3a.1 | disposition of part application/resource-lists+xml | is recipient-list   |
      | IM-9.1.1.2-3a.1 | Require                           | has option tag recipient-list-invite |
      | IM-9.1.1.2-3a.2 | resource list                     | are the recipients                   |
      | IM-9.1.1.2-3b   | Request-URI                       | is the conference factory            |
      | IM-9.1.1.2-3c   | Request-URI parameter sessiontype | is adhoc                             |
      | IM-9.1.1.2-3d   | Content-Type                      | is multipart/mixed                   |
      | IM-9.1.1.2-3d   | body                              | is well-formed                       |
      | IM-9.1.1.2-5a   | SDP direction                     | is sendonly                          |
    And Alice's client sends the message over MSRP where
      | requirement        | field               | expectation |
      | IM-9.1.1.2-200.3.1 | MSRP Success-Report | is yes      |
    And Alice's client sends a BYE where
      | requirement               | field       | expectation                             |
      | IM-9.1.1.2-200.1v-identity | Request-URI | is the Contact of the 200 to the INVITE |

  Scenario: Pre-defined group
    Given Carol is a registered IM user
    And Friends is a pre-defined group of Bob and Carol
    When Alice sends the group Friends a message of 20000 bytes
    Then Alice's client sends an INVITE where
      | requirement   | field                             | expectation          |
      | IM-9.1.1.2-4a | Request-URI                       | is the group Friends |
      | IM-9.1.1.2-4b | Request-URI parameter sessiontype | is pre-defined       |

  Scenario: The report comes late from a focus
    Given Bob's client adds isfocus to its Contact
    And Bob's client changes what it sends
      | message     | change    |
      | MSRP REPORT | delay 2 s |
    When Alice sends Bob a message of 20000 bytes
    Then Alice is not told "delivered" before the success report [IM-9.1.1.2-200.ed1]
    And Alice is told "delivered" [IM-9.1.1.2-200.3.2]
    And Alice's client sends a BYE where
      | requirement        | field | expectation                 |
      | IM-9.1.1.2-200.ed1 | order | is after the success report |

  Scenario: Refresh without UPDATE in the 200
    Given Bob's client asks for a session interval of 90 seconds with refresher uac
    And Bob's client allows INVITE, ACK, CANCEL, BYE
    And Bob's client changes what it sends
      | message  | change     |
      | MSRP 200 | delay 25 s |
    When Alice sends Bob a message of 40000 bytes
    Then Alice's client sends no UPDATE [IM-9.1.1.2-200.1v-allow]

  Scenario: A deferred message is matched with its report later
    Given Bob's client adds automata to its Contact
    And Bob's client sends the delivery report 60 seconds after the session
    When Alice sends Bob a message of 20000 bytes
      | option          | value |
      | delivery report | yes   |
    Then Alice is told "delivered" [IM-9.1.1.2-imdn]

  @ims
  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends an INVITE where
      | requirement    | field                 | expectation          |
      | IM-9.1.1.2-ims | P-Access-Network-Info | is present           |
      | IM-9.1.1.2-ims | Route URI             | is the Service-Route |

  @invalid
  Scenario Outline: The invitation is refused
    Given Bob's client answers the invitation with <status>
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends an ACK where
      | requirement          | field             | expectation  |
      | RFC3261-17.1.1.3-1   | method            | is ACK       |
      | RFC3261-17.1.1.3-1   | mandatory headers | are complete |
    And Alice's client opens no MSRP connection [IM-9.1.1.2-200.2]
    And Alice's client sends no chunk [IM-9.1.1.2-200.2]
    And Alice's client sends no BYE [RFC3261-17.1.1.3-1]
    And Alice is told "failed" [RFC4975-5.3-1]
    And Alice is not told "delivered" [IM-9.1.1.2-200.3.2]

    Examples:
      | status |
      | 403    |
      | 404    |
      | 480    |
      | 486    |
      | 488    |
      | 603    |

  @invalid
  Scenario Outline: The answer cannot be used
    Given Bob's client changes what it sends
      | message       | change   |
      | 200 to INVITE | <change> |
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends no chunk [RFC3264-6-1]
    And Alice's client sends a BYE where
      | requirement          | field  | expectation |
      | RFC3261-13.2.2.4-1   | method | is BYE      |
    And Alice is not told "delivered" [IM-9.1.1.2-200.3.2]

    Examples:
      | flaw                 | change                                           |
      | port 0               | set SDP port 0                                   |
      | no body              | drop body                                        |
      | no path              | drop SDP attribute path                          |
      | wrong direction      | set SDP direction sendonly                       |
      | none of the types    | set SDP attribute accept-types to image/x-unseen |

  @invalid
  Scenario: The message is larger than the recipient wants
    Given Bob's client changes what it sends
      | message       | change                             |
      | 200 to INVITE | set SDP attribute max-size to 1000 |
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends no chunk [RFC4975-8.6-1]
    And Alice is not told "delivered" [IM-9.1.1.2-200.3.2]

  @inopportune
  Scenario: The session is modified during the transfer
    Given Bob modifies the session once 3 chunks have come
    When Alice sends Bob a message of 60000 bytes
    Then Alice's client answers the INVITE where
      | requirement    | field  | expectation      |
      | RFC3261-14.2-1 | status | is one of 200, 488 |
    And Alice's client sends the message over MSRP where
      | requirement      | field  | expectation             |
      | IM-9.1.1.2-200.2 | chunks | carry the whole message |
