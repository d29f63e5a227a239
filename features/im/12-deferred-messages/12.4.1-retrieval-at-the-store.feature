@deferred-messaging-function @terminating
Feature: 12.4.1 Request initiated by the Served IM user to the Stored Message Function

  A user asks the store of the home network for what came while he was away. The store looks whether he may,
  whether the request is for it and whether he only receives; then it gives him his own messages, and no other's.

  Background:
    Given the deferred store is under test
    And Alice is a registered IM user
    And Bob is a registered IM user

  Scenario: The 200
    Given the deferred store holds 3 messages for Alice
    And Alice's deferred delivery is off
    When Alice retrieves all deferred messages
    Then the deferred store answers the INVITE where
      | requirement      | field                      | expectation                   |
      | IM-12.4.1-200.1  | status                     | is 200                        |
      | IM-12.4.1-200.1  | message                    | is well-formed                |
      | IM-12.4.1-200.1  | mandatory headers          | are complete                  |
      | IM-12.4.1-200.1  | To tag                     | is present                    |
      | IM-12.4.1-200.1  | Contact                    | is present                    |
      | IM-12.4.1-200.1  | Record-Route               | is present                    |
      | IM-12.4.1-200.2  | Server                     | states the IM server release  |
      | IM-12.4.1-200.3  | Allow                      | lists INVITE, ACK, CANCEL, BYE |
      | IM-12.4.1-200.4  | Contact                    | has feature tag automata      |
      | IM-12.4.1-200.5.1 | SDP                       | answers the offer             |
      | IM-12.4.1-200.5.1 | SDP direction             | is sendonly                   |
      | IM-12.4.1-200.5.2 | SDP path                  | is present                    |
      | IM-12.4.1-200.5.2 | SDP attribute accept-types | is present                   |
      | IM-12.4.1-5.2    | status                     | is 200                        |

  Scenario: All messages
    Given the deferred store holds 3 messages for Alice
    And Alice's deferred delivery is off
    When Alice retrieves all deferred messages
    Then the deferred store sends Alice 3 messages over MSRP in all [IM-12.4.1-6.2]
    And the deferred store sends Alice the 1st, 2nd and 3rd stored messages and no other [IM-12.4.1-6.2]
    And the deferred store sends Alice the message over MSRP where
      | requirement     | field  | expectation             |
      | RFC4975-7.1.1-1 | chunks | carry the whole message |
      | RFC4975-7.1.1-1 | chunks | follow RFC 4975         |

  Scenario: The chosen messages
    Given the deferred store holds 3 messages for Alice
    And Alice's deferred delivery is off
    When Alice retrieves the 1st and 3rd deferred messages
    Then the deferred store sends Alice the 1st and 3rd stored messages and no other [IM-12.4.1-6.2]

  Scenario: The settings decide
    Given the deferred store holds 3 messages for Alice
    When Alice registers again
    Then the deferred store sends Alice an INVITE where
      | requirement   | field  | expectation |
      | IM-12.4.1-6.1 | method | is INVITE   |
    And the deferred store sends Alice the 1st, 2nd and 3rd stored messages and no other [IM-12.4.1-6.1]

  Scenario: Only what is the user's own
    Given the deferred store holds 2 messages for Alice
    And the deferred store holds 1 message for Bob
    And Alice's deferred delivery is off
    And Bob's deferred delivery is off
    When Bob retrieves all deferred messages
    Then the deferred store sends Bob the 3rd stored message and no other [IM-12.4.1-2]

  Scenario: Somebody else's messages
    Given the deferred store holds 2 messages for Alice
    And Alice's deferred delivery is off
    When Bob retrieves the 1st and 2nd deferred messages
    Then the deferred store sends Bob no chunk [IM-12.4.1-2]

  Scenario: An unknown message in the list
    Given the deferred store holds 3 messages for Alice
    And Alice's deferred delivery is off
    When Alice retrieves the 2nd and 9th deferred messages
    Then the deferred store sends Alice the 2nd stored message and no other [IM-12.4.1-6.2]

  Scenario: The direction stands at session level
    Given the deferred store holds 1 message for Alice
    And Alice's deferred delivery is off
    And Alice's client changes what it sends
      | message | change                                                |
      | INVITE  | drop SDP direction                                    |
      | INVITE  | replace t=0 0 with t=0 0<CRLF>a=recvonly              |
    When Alice retrieves all deferred messages
    Then the deferred store answers the INVITE where
      | requirement   | field  | expectation |
      | IM-12.4.1-5.2 | status | is 200      |

  Scenario Outline: Explicit and require beside the feature tag
    Given the deferred store holds 1 message for Alice
    And Alice's deferred delivery is off
    And Alice's client changes what it sends
      | message | change                                     |
      | INVITE  | set header Accept-Contact to <preferences> |
    When Alice retrieves all deferred messages
    Then the deferred store answers the INVITE where
      | requirement  | field  | expectation |
      | IM-12.4.1-ed | status | is 200      |

    Examples:
      | preferences                      |
      | *;+g.oma.sip-im;require;explicit |
      | *;+g.oma.sip-im                  |

  @ims
  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    And the deferred store holds 1 message for Alice
    And Alice's deferred delivery is off
    When Alice retrieves all deferred messages
    Then the deferred store answers the INVITE where
      | requirement   | field             | expectation |
      | IM-12.4.1-ims | P-Charging-Vector | is present  |

  @invalid
  Scenario: Who may not retrieve
    Given the deferred store holds 1 message for Alice
    And Alice's deferred delivery is off
    And Alice may not retrieve deferred messages
    When Alice retrieves all deferred messages
    Then the deferred store answers the INVITE where
      | requirement     | field  | expectation                  |
      | IM-12.4.1-2     | status | is 403                       |
    And the deferred store sends Alice no chunk [IM-12.4.1-2]

  @invalid
  Scenario: Against the operator's policy
    Given the deferred store holds 1 message for Alice
    And Alice's deferred delivery is off
    And the operator bars Alice from deferred messages
    When Alice retrieves all deferred messages
    Then the deferred store answers the INVITE where
      | requirement | field  | expectation |
      | IM-12.4.1-3 | status | is 403      |
    And the deferred store sends Alice no chunk [IM-12.4.1-3]

  @invalid
  Scenario: Another store's address
    Given the deferred store holds 1 message for Alice
    And Alice's deferred delivery is off
    And the SIP/IP core takes sip:Deferred@home2.example to the deferred store
    And Alice's client changes what it sends
      | message | change                                       |
      | INVITE  | set Request-URI to sip:Deferred@home2.example |
    When Alice retrieves all deferred messages
    Then the deferred store answers the INVITE where
      | requirement | field  | expectation |
      | IM-12.4.1-4 | status | is 404      |

  @invalid
  Scenario Outline: A direction that is not recvonly
    Given the deferred store holds 1 message for Alice
    And Alice's deferred delivery is off
    And Alice's client changes what it sends
      | message | change   |
      | INVITE  | <change> |
    When Alice retrieves all deferred messages
    Then the deferred store answers the INVITE where
      | requirement   | field  | expectation |
      | IM-12.4.1-5.1 | status | is 403      |
    And the deferred store sends Alice no chunk [IM-12.4.1-5.1]

    Examples:
      | flaw      | change                     |
      | sendrecv  | set SDP direction sendrecv |
      | sendonly  | set SDP direction sendonly |
      | inactive  | set SDP direction inactive |
      | none      | drop SDP direction         |

  @invalid
  Scenario: Neither allowed nor at the right address
    Given Alice may not retrieve deferred messages
    And the SIP/IP core takes sip:Deferred@home2.example to the deferred store
    And Alice's client changes what it sends
      | message | change                                       |
      | INVITE  | set Request-URI to sip:Deferred@home2.example |
    When Alice retrieves all deferred messages
    Then the deferred store answers the INVITE where
      | requirement     | field  | expectation |
      | IM-12.4.1-order | status | is 403      |

  @invalid
  Scenario: Neither at the right address nor recvonly
    Given the SIP/IP core takes sip:Deferred@home2.example to the deferred store
    And Alice's client changes what it sends
      | message | change                                       |
      | INVITE  | set Request-URI to sip:Deferred@home2.example |
      | INVITE  | set SDP direction sendrecv                   |
    When Alice retrieves all deferred messages
    Then the deferred store answers the INVITE where
      | requirement     | field  | expectation |
      | IM-12.4.1-order | status | is 404      |

  @inopportune
  Scenario: The user leaves before everything is there
    Given the deferred store holds 3 messages for Alice
    And Alice's deferred delivery is off
    And Alice releases the session once 1 chunks have come
    When Alice retrieves all deferred messages
    Then the deferred store answers the BYE where
      | requirement      | field  | expectation |
      | RFC3261-15.1.2-1 | status | is 200      |
    And the deferred store sends Alice no chunk after the BYE [RFC4975-7.1.1-1]
