@im-client @originating @deferred-messages
Feature: 12.1.1 IM User Initiates a Request to Retrieve Deferred message(s)

  What came while the user was away lies in a store of the home network. The client invites the store to a
  session in which it only receives, and names the messages that it wants, or none where it wants all.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user
    And the deferred store holds 3 messages for Alice
    And Alice's deferred delivery is off

  Scenario: One message
    When Alice retrieves the 2nd deferred message
    Then Alice's client sends an INVITE where
      | requirement        | field                      | expectation                      |
      | IM-12.1.1-intro.1  | method                     | is INVITE                        |
      | IM-12.1.1-intro.1  | Request-URI                | is the deferred store            |
      | IM-12.1.1-3        | Request-URI                | is the deferred store            |
      | IM-12.1.1-1a       | To tag                     | is absent                        |
      | IM-12.1.1-1a       | mandatory headers          | are complete                     |
      | IM-12.1.1-1a       | Accept-Contact             | has feature tag +g.oma.sip-im    |
      | IM-12.1.1-1a       | Contact                    | has feature tag +g.oma.sip-im    |
      | IM-12.1.1-1a       | User-Agent                 | states the IM client release     |
      | IM-12.1.1-1a       | Supported                  | has option tag timer             |
      | IM-12.1.1-1a       | Content-Type               | is multipart/mixed               |
      | IM-12.1.1-1a       | body                       | is well-formed                   |
      | IM-12.1.1-1a       | disposition of part application/resource-lists+xml | is recipient-list |
      | IM-12.1.1-1b       | resource list              | are the chosen messages          |
      | IM-12.1.1-4.1      | part application/sdp       | is present                       |
      | IM-12.1.1-4.1      | SDP                        | is a valid offer                 |
      | IM-12.1.1-4.1      | SDP                        | is well-formed                   |
      | IM-12.1.1-4.2      | SDP media                  | is message                       |
      | IM-12.1.1-4.2      | SDP protocol               | is one of TCP/MSRP, TCP/TLS/MSRP |
      | IM-12.1.1-4.2      | SDP format                 | is *                             |
      | IM-12.1.1-4.2      | SDP path                   | is present                       |
      | IM-12.1.1-4.2      | SDP attribute accept-types | is present                       |
      | IM-12.1.1-4a       | SDP direction              | is recvonly                      |
      | IM-12.1.1-5        | next hop                   | is the SIP/IP core               |
    And Alice's client sends an ACK where
      | requirement  | field       | expectation                             |
      | IM-12.1.1-1a | Request-URI | is the Contact of the 200 to the INVITE |
    And Alice's client receives the message over MSRP where
      | requirement     | field     | expectation          |
      | RFC4975-7.3.1-1 | responses | acknowledge with 200 |
    And Alice is told "message" [RFC4975-7.3.1-1]
    And Alice's client answers the BYE where
      | requirement      | field  | expectation |
      | RFC3261-15.1.2-1 | status | is 200      |

  Scenario: Several messages
    When Alice retrieves the 1st and 3rd deferred messages
    Then Alice's client sends an INVITE where
      | requirement       | field                             | expectation             |
      | IM-12.1.1-intro.2 | part application/resource-lists+xml | is present            |
      | IM-12.1.1-intro.2 | resource list                     | are the chosen messages |
      | IM-12.1.1-1c      | resource list                     | are the chosen messages |
      | IM-12.1.1-1a      | Content-Type                      | is multipart/mixed      |
      | IM-12.1.1-3       | Request-URI                       | is the deferred store   |
      | IM-12.1.1-4a      | SDP direction                     | is recvonly             |
    And Alice's client answers the BYE where
      | requirement      | field  | expectation |
      | RFC3261-15.1.2-1 | status | is 200      |

  Scenario: All messages
    When Alice retrieves all deferred messages
    Then Alice's client sends an INVITE where
      | requirement       | field                               | expectation                   |
      | IM-12.1.1-intro.1 | Request-URI                         | is the deferred store         |
      | IM-12.1.1-intro.3 | part application/resource-lists+xml | is absent                     |
      | IM-12.1.1-2       | Content-Type                        | is application/sdp            |
      | IM-12.1.1-2       | Accept-Contact                      | has feature tag +g.oma.sip-im |
      | IM-12.1.1-2       | Contact                             | has feature tag +g.oma.sip-im |
      | IM-12.1.1-2       | User-Agent                          | states the IM client release  |
      | IM-12.1.1-2       | mandatory headers                   | are complete                  |
      | IM-12.1.1-3       | Request-URI                         | is the deferred store         |
      | IM-12.1.1-4.1     | SDP                                 | is a valid offer              |
      | IM-12.1.1-4a      | SDP direction                       | is recvonly                   |
      | IM-12.1.1-5       | next hop                            | is the SIP/IP core            |
    And Alice is told "message" [RFC4975-7.3.1-1]

  Scenario: Refresh without UPDATE
    Given the deferred store asks for a session interval of 90 seconds with refresher uac
    And the deferred store allows INVITE, ACK, CANCEL, BYE
    And the deferred store changes what it sends
      | message   | change     |
      | MSRP SEND | delay 20 s |
    When Alice retrieves all deferred messages
    Then Alice's client sends no UPDATE [IM-12.1.1-200]
    And Alice's client refreshes the session where
      | requirement   | field  | expectation |
      | IM-12.1.1-200 | method | is INVITE   |

  @ims
  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    When Alice retrieves all deferred messages
    Then Alice's client sends an INVITE where
      | requirement   | field                 | expectation          |
      | IM-12.1.1-ims | P-Access-Network-Info | is present           |
      | IM-12.1.1-ims | Route URI             | is the Service-Route |

  @invalid
  Scenario Outline: The request is refused
    Given the deferred store answers the invitation with <status>
    When Alice retrieves all deferred messages
    Then Alice's client sends an ACK where
      | requirement        | field             | expectation  |
      | RFC3261-17.1.1.3-1 | method            | is ACK       |
      | RFC3261-17.1.1.3-1 | mandatory headers | are complete |
    And Alice's client sends no BYE [RFC3261-17.1.1.3-1]

    Examples:
      | status |
      | 403    |
      | 404    |
      | 486    |

  @invalid
  Scenario Outline: The answer cannot be used
    Given the deferred store changes what it sends
      | message       | change   |
      | 200 to INVITE | <change> |
    When Alice retrieves all deferred messages
    Then Alice's client sends a BYE where
      | requirement        | field       | expectation                             |
      | RFC3261-13.2.2.4-1 | method      | is BYE                                  |
      | RFC3261-13.2.2.4-1 | Request-URI | is the Contact of the 200 to the INVITE |

    Examples:
      | flaw            | change                     |
      | port 0          | set SDP port 0             |
      | no body         | drop body                  |
      | no path         | drop SDP attribute path    |
      | wrong direction | set SDP direction recvonly |

  @invalid
  Scenario: A type that was not agreed
    Given the deferred store changes what it sends
      | message         | change                                          |
      | first MSRP SEND | set header Content-Type to application/x-unseen |
    When Alice retrieves the 2nd deferred message
    Then Alice's client receives the message over MSRP where
      | requirement     | field     | expectation          |
      | RFC4975-7.3.1-3 | responses | acknowledge with 415 |

  @inopportune
  Scenario: The user leaves before everything is there
    Given Alice releases the session once 1 chunks have come
    When Alice retrieves all deferred messages
    Then Alice's client sends a BYE where
      | requirement  | field       | expectation                             |
      | IM-12.1.1-1a | Request-URI | is the Contact of the 200 to the INVITE |

  @inopportune
  Scenario: A message is lost on its way
    Given the deferred store changes what it sends
      | message       | change  |
      | 2nd MSRP SEND | swallow |
    When Alice retrieves all deferred messages
    Then Alice is told "message" [RFC4975-7.3.1-1]
    And Alice's client answers the BYE where
      | requirement      | field  | expectation |
      | RFC3261-15.1.2-1 | status | is 200      |
