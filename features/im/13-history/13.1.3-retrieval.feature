@im-client @originating @history
Feature: 13.1.3 User Initiates a Request to Retrieve IM History

  What was recorded for the user lies with the History Function of the home network. The client invites it to a
  session in which it only receives, and names each history item that it wants.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user
    And the history store holds 3 messages for Alice

  Scenario: One item
    When Alice retrieves the 2nd history message
    Then Alice's client sends an INVITE where
      | requirement   | field                      | expectation                      |
      | IM-13.1.3-1   | method                     | is INVITE                        |
      | IM-13.1.3-1   | To tag                     | is absent                        |
      | IM-13.1.3-1   | mandatory headers          | are complete                     |
      | IM-13.1.3-1   | message                    | is well-formed                   |
      | IM-13.1.3-1   | Accept-Contact             | has feature tag +g.oma.sip-im    |
      | IM-13.1.3-1   | Contact                    | has feature tag +g.oma.sip-im    |
      | IM-13.1.3-1   | User-Agent                 | states the IM client release     |
      | IM-13.1.3-1   | Supported                  | has option tag timer             |
      | IM-13.1.3-2   | Request-URI                | is the history store             |
      | IM-13.1.3-3.1 | part application/sdp       | is present                       |
      | IM-13.1.3-3.1 | SDP                        | is a valid offer                 |
      | IM-13.1.3-3.1 | SDP                        | is well-formed                   |
      | IM-13.1.3-3.2 | SDP media                  | is message                       |
      | IM-13.1.3-3.2 | SDP protocol               | is one of TCP/MSRP, TCP/TLS/MSRP |
      | IM-13.1.3-3.2 | SDP format                 | is *                             |
      | IM-13.1.3-3.2 | SDP path                   | is present                       |
      | IM-13.1.3-3.2 | SDP attribute accept-types | is present                       |
      | IM-13.1.3-3a  | SDP attribute accept-types | has value message/cpim           |
      | IM-13.1.3-3b  | SDP direction              | is recvonly                      |
      | IM-13.1.3-4.1 | part application/resource-lists+xml | is present              |
      | IM-13.1.3-4.1 | disposition of part application/resource-lists+xml | is recipient-list |
      | IM-13.1.3-4.1 | body                       | is well-formed                   |
      | IM-13.1.3-4.2 | resource list              | are the chosen messages          |
    And Alice's client receives the message over MSRP where
      | requirement     | field     | expectation          |
      | RFC4975-7.3.1-1 | responses | acknowledge with 200 |
    And Alice is told "message" [RFC4975-7.3.1-1]
    And Alice's client answers the BYE where
      | requirement      | field  | expectation |
      | RFC3261-15.1.2-1 | status | is 200      |

  Scenario: Several items
    When Alice retrieves the 1st, 2nd and 3rd history messages
    Then Alice's client sends an INVITE where
      | requirement   | field         | expectation             |
      | IM-13.1.3-2   | Request-URI   | is the history store    |
      | IM-13.1.3-4.2 | resource list | are the chosen messages |
      | IM-13.1.3-3b  | SDP direction | is recvonly             |
    And Alice is told "message" [RFC4975-7.3.1-1]

  Scenario: Refresh without UPDATE
    Given the history store asks for a session interval of 90 seconds with refresher uac
    And the history store allows INVITE, ACK, CANCEL, BYE
    And the history store changes what it sends
      | message   | change     |
      | MSRP SEND | delay 20 s |
    When Alice retrieves the 1st, 2nd and 3rd history messages
    Then Alice's client sends no UPDATE [IM-13.1.3-200]
    And Alice's client refreshes the session where
      | requirement   | field  | expectation |
      | IM-13.1.3-200 | method | is INVITE   |

  @ims
  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    When Alice retrieves the 1st history message
    Then Alice's client sends an INVITE where
      | requirement   | field                 | expectation          |
      | IM-13.1.3-ims | P-Access-Network-Info | is present           |
      | IM-13.1.3-ims | Route URI             | is the Service-Route |

  @invalid
  Scenario Outline: The request is refused
    Given the history store answers the invitation with <status>
    When Alice retrieves the 1st history message
    Then Alice's client sends an ACK where
      | requirement        | field             | expectation  |
      | RFC3261-17.1.1.3-1 | method            | is ACK       |
      | RFC3261-17.1.1.3-1 | mandatory headers | are complete |
    And Alice's client sends no BYE [RFC3261-17.1.1.3-1]

    Examples:
      | status |
      | 403    |
      | 404    |

  @invalid
  Scenario Outline: The answer cannot be used
    Given the history store changes what it sends
      | message       | change   |
      | 200 to INVITE | <change> |
    When Alice retrieves the 1st history message
    Then Alice's client sends a BYE where
      | requirement        | field  | expectation |
      | RFC3261-13.2.2.4-1 | method | is BYE      |

    Examples:
      | flaw            | change                     |
      | port 0          | set SDP port 0             |
      | wrong direction | set SDP direction recvonly |

  @inopportune
  Scenario: An item is lost on its way
    Given the history store changes what it sends
      | message       | change  |
      | 2nd MSRP SEND | swallow |
    When Alice retrieves the 1st, 2nd and 3rd history messages
    Then Alice is told "message" [RFC4975-7.3.1-1]
    And Alice's client answers the BYE where
      | requirement      | field  | expectation |
      | RFC3261-15.1.2-1 | status | is 200      |
