@deferred-messaging-function @originating
Feature: 12.4.2.2 Delivering of offline Messages

  Whenever the user's client registers for messages, the store looks whether something waits for him. By his settings it
  then either invites him and sends it all in one session, or only tells those of his clients that asked that it waits.

  Background:
    Given the deferred store is under test
    And Alice is offline
    And Bob is a registered IM user

  Scenario: The invitation
    Given the deferred store holds 3 messages for Alice
    When Alice registers
    Then the deferred store sends Alice an INVITE where
      | requirement           | field                      | expectation                      |
      | IM-12.4.2.2-b         | method                     | is INVITE                        |
      | IM-12.4.2.2-b         | To tag                     | is absent                        |
      | IM-12.4.2.2-b         | mandatory headers          | are complete                     |
      | IM-12.4.2.2-b         | message                    | is well-formed                   |
      | IM-12.4.2.2-b.i       | Request-URI                | is Alice's address               |
      | IM-12.4.2.2-b.ii      | Accept-Contact             | has feature tag +g.oma.sip-im    |
      | IM-12.4.2.2-b.iii     | User-Agent                 | states the IM server release     |
      | IM-12.4.2.2-b.iv      | Allow                      | lists INVITE, ACK, CANCEL, BYE   |
      | IM-12.4.2.2-b.v       | Contact                    | has feature tag +g.oma.sip-im    |
      | IM-12.4.2.2-b.vi      | Contact                    | has feature tag automata         |
      | IM-12.4.2.2-b.vii.1   | Session-Expires            | at least 90                      |
      | IM-12.4.2.2-b.vii.2   | Session-Expires            | has parameter refresher uac      |
      | IM-12.4.2.2-b.vii.2   | Supported                  | has option tag timer             |
      | IM-12.4.2.2-b.viii    | part application/sdp       | is present                       |
      | IM-12.4.2.2-b.viii    | SDP                        | is a valid offer                 |
      | IM-12.4.2.2-b.viii    | SDP                        | is well-formed                   |
      | IM-12.4.2.2-b.viii    | SDP media                  | is message                       |
      | IM-12.4.2.2-b.viii    | SDP path                   | is present                       |
      | IM-12.4.2.2-b.viii    | SDP attribute accept-types | is present                       |
      | IM-12.4.2.2-b.viii.a  | SDP direction              | is sendonly                      |
      | IM-12.4.2.2-b.ix      | next hop                   | is the SIP/IP core               |

  Scenario: Everything in one session
    Given the deferred store holds 3 messages for Alice
    When Alice registers
    Then the deferred store sends Alice 1 INVITE in all [IM-12.4.2.2-a.ii]
    And the deferred store sends Alice the 1st, 2nd and 3rd stored messages and no other [IM-12.4.2.2-a.ii]
    And the deferred store sends an ACK where
      | requirement        | field       | expectation                             |
      | IM-12.4.2.2-resp.2 | Request-URI | is the Contact of the 200 to the INVITE |
    And the deferred store sends a BYE where
      | requirement       | field       | expectation                             |
      | IM-12.4.2.2-200.3 | Request-URI | is the Contact of the 200 to the INVITE |

  Scenario: What came since the last registration
    Given the deferred store holds 1 message for Alice
    When Alice registers
    And Alice goes offline
    And Bob sends Alice a message of 20000 bytes
    And Alice registers
    Then the deferred store sends Alice another INVITE where
      | requirement     | field  | expectation |
      | IM-12.4.2.2-a.2 | method | is INVITE   |
    And the deferred store sends Alice 2 messages over MSRP in all [IM-12.4.2.2-a.2]
    And the deferred store sends Alice the last message over MSRP where
      | requirement     | field     | expectation      |
      | IM-12.4.2.2-a.2 | content   | is the message   |
      | IM-12.4.2.2-a.2 | CPIM From | is Bob's address |

  Scenario: Nothing waits
    When Alice registers
    And Alice registers again
    Then the deferred store sends Alice no INVITE [IM-12.4.2.2-a.none]

  Scenario: Nothing waits any more
    Given the deferred store holds 2 messages for Alice
    When Alice registers
    And Alice registers again
    Then the deferred store sends Alice 1 INVITE in all [IM-12.4.2.2-a.none]
    And the deferred store sends Alice 2 messages over MSRP in all [IM-12.4.2.2-a.ii]

  Scenario: Not for messages
    Given the deferred store holds 3 messages for Alice
    And Alice's client changes what it sends
      | message  | change                                     |
      | REGISTER | drop parameter +g.oma.sip-im from Contact  |
    When Alice registers
    Then the deferred store sends Alice no INVITE [IM-12.4.2.2-a.1]
    And the deferred store sends Alice no NOTIFY [IM-12.4.2.2-a.1]

  Scenario: Told only that it waits
    Given the deferred store holds 3 messages for Alice
    And Alice's deferred delivery is off
    When Alice registers
    And Alice asks what messages wait
    And Alice registers again
    Then the deferred store sends Alice another NOTIFY where
      | requirement     | field                             | expectation             |
      | IM-12.4.2.2-a.i | method                            | is NOTIFY               |
      | IM-12.4.2.2-a.i | Event                             | is message-summary      |
      | IM-12.4.2.2-a.i | Subscription-State                | is present              |
      | IM-12.4.2.2-a.i | Content-Type                      | is application/simple-message-summary |
      | IM-12.4.2.2-a.i | message-summary Messages-Waiting  | is yes                  |
      | IM-12.4.2.2-a.i | message-summary new messages      | is 3                    |
    And the deferred store sends Alice no INVITE [IM-12.4.2.2-a.i]

  Scenario: Told that nothing waits
    Given Alice's deferred delivery is off
    When Alice registers
    And Alice asks what messages wait
    And Alice registers again
    Then the deferred store sends Alice a NOTIFY where
      | requirement        | field                            | expectation |
      | IM-12.4.2.2-a.none | message-summary Messages-Waiting | is no       |
    And the deferred store sends Alice a last NOTIFY where
      | requirement        | field                            | expectation |
      | IM-12.4.2.2-a.none | message-summary Messages-Waiting | is no       |
    And the deferred store sends Alice no INVITE [IM-12.4.2.2-a.none]

  Scenario: The client does not want UPDATE
    Given the deferred store holds 3 messages for Alice
    And Alice's client asks for a session interval of 90 seconds with refresher uac
    And Alice's client allows INVITE, ACK, CANCEL, BYE
    And Alice's client changes what it sends
      | message  | change     |
      | MSRP 200 | delay 20 s |
    When Alice registers
    Then the deferred store sends Alice no UPDATE [IM-12.4.2.2-resp.1]
    And the deferred store sends Alice no UPDATE [IM-12.4.2.2-200.2]
    And the deferred store refreshes the session where
      | requirement        | field                            | expectation |
      | IM-12.4.2.2-resp.1 | method                           | is INVITE   |
      | IM-12.4.2.2-200.2  | method                           | is INVITE   |

  Scenario: The client wants the session refreshed soon
    Given the deferred store holds 3 messages for Alice
    And Alice's client asks for a session interval of 90 seconds with refresher uac
    And Alice's client changes what it sends
      | message  | change     |
      | MSRP 200 | delay 20 s |
    When Alice registers
    Then the deferred store refreshes the session where
      | requirement       | field                               | expectation |
      | IM-12.4.2.2-200.1 | seconds after the 200 to the INVITE | at most 46  |

  @ims
  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    And the deferred store holds 1 message for Alice
    When Alice registers
    Then the deferred store sends Alice an INVITE where
      | requirement     | field                   | expectation           |
      | IM-12.4.2.2-ims | P-Asserted-Identity URI | is the deferred store |
      | IM-12.4.2.2-ims | P-Charging-Vector       | is present            |
      | IM-12.4.2.2-ims | Route                   | is present            |

  @invalid
  Scenario Outline: The client refuses
    Given the deferred store holds 3 messages for Alice
    And Alice's client answers the invitation with <status>
    When Alice registers
    And Alice registers again
    Then the deferred store sends Alice another INVITE where
      | requirement     | field       | expectation        |
      | IM-12.4.2.2-a.2 | method      | is INVITE          |
      | IM-12.4.2.2-b.i | Request-URI | is Alice's address |
    And the deferred store sends Alice 2 INVITE in all [IM-12.4.2.2-a.2]
    And the deferred store sends Alice no chunk [IM-12.4.2.2-a.ii]

    Examples:
      | status |
      | 480    |
      | 486    |
      | 488    |

  @invalid
  Scenario: An answer that cannot be used
    Given the deferred store holds 1 message for Alice
    And Alice's client changes what it sends
      | message       | change         |
      | 200 to INVITE | set SDP port 0 |
    When Alice registers
    Then the deferred store sends a BYE where
      | requirement        | field       | expectation                             |
      | RFC3261-13.2.2.4-1 | method      | is BYE                                  |
      | RFC3261-13.2.2.4-1 | Request-URI | is the Contact of the 200 to the INVITE |

  @inopportune
  Scenario: A second registration while the messages come
    Given the deferred store holds 5 messages for Alice
    And Alice's client changes what it sends
      | message  | change     |
      | MSRP 200 | delay 20 s |
    When Alice registers
    And Alice registers again
    Then the deferred store sends Alice 1 INVITE in all [IM-12.4.2.2-a.ii]
    And the deferred store sends Alice 5 messages over MSRP in all [IM-12.4.2.2-a.ii]

  @inopportune
  Scenario: The delivery breaks off
    Given the deferred store holds 3 messages for Alice
    And Alice aborts the MSRP connection once 2 chunks have come
    When Alice registers
    And Alice registers again
    Then the deferred store sends Alice another INVITE where
      | requirement     | field  | expectation |
      | IM-12.4.2.2-a.2 | method | is INVITE   |
    And the deferred store sends Alice the 3rd message over MSRP where
      | requirement      | field   | expectation                                             |
      | IM-12.4.2.2-a.ii | content | is one of the 2nd stored message, the 3rd stored message |

  @inopportune
  Scenario: The client goes while the messages come
    Given the deferred store holds 5 messages for Alice
    And Alice's client changes what it sends
      | message  | change     |
      | MSRP 200 | delay 20 s |
    When Alice registers
    And Alice goes offline
    And Alice registers
    Then the deferred store sends Alice another INVITE where
      | requirement     | field  | expectation |
      | IM-12.4.2.2-a.2 | method | is INVITE   |
    And the deferred store sends Alice the last message over MSRP where
      | requirement      | field   | expectation               |
      | IM-12.4.2.2-a.ii | content | is the 5th stored message |
