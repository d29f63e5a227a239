@im-client @originating @conferences
Feature: 7.1.1.10 IM Client joins a Public Conference Session

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user
    And Lounge is a public conference

  Scenario: Joining
    When Alice joins the public conference Lounge
    Then Alice's client sends an INVITE where
      | requirement     | field                      | expectation                      |
      | IM-7.1.1.10-1   | method                     | is INVITE                        |
      | IM-7.1.1.10-1   | mandatory headers          | are complete                     |
      | IM-7.1.1.10-1   | message                    | is well-formed                   |
      | IM-7.1.1.10-1   | To tag                     | is absent                        |
      | IM-7.1.1.10-1   | Accept-Contact             | has feature tag +g.oma.sip-im    |
      | IM-7.1.1.10-1   | User-Agent                 | states the IM client release     |
      | IM-7.1.1.10-1   | Contact                    | has feature tag +g.oma.sip-im    |
      | IM-7.1.1.10-1   | Supported                  | has option tag timer             |
      | IM-7.1.1.10-2   | Request-URI                | is the group Lounge              |
      | IM-7.1.1.10-3   | Content-Type               | is application/sdp               |
      | IM-7.1.1.10-4.1 | SDP                        | is well-formed                   |
      | IM-7.1.1.10-4.1 | SDP                        | is a valid offer                 |
      | IM-7.1.1.10-4.2 | SDP media                  | is message                       |
      | IM-7.1.1.10-4.2 | SDP protocol               | is one of TCP/MSRP, TCP/TLS/MSRP |
      | IM-7.1.1.10-4.2 | SDP format                 | is *                             |
      | IM-7.1.1.10-4.2 | SDP path                   | is present                       |
      | IM-7.1.1.10-4.2 | SDP attribute accept-types | is present                       |
      | IM-7.1.1.10-5   | next hop                   | is the SIP/IP core               |

  Scenario: Left by the user
    When Alice joins the public conference Lounge
    And Alice releases the session
    Then Alice's client sends an ACK where
      | requirement       | field       | expectation                             |
      | IM-7.1.1.10-200.2 | Request-URI | is the Contact of the 200 to the INVITE |
    And Alice's client sends a BYE where
      | requirement       | field       | expectation                             |
      | IM-7.1.1.10-200.2 | Request-URI | is the Contact of the 200 to the INVITE |

  Scenario: The focus takes no UPDATE
    Given the conference server changes what it sends
      | message       | change                                         |
      | 200 to INVITE | set header Allow to INVITE, ACK, CANCEL, BYE   |
      | 200 to INVITE | set header Session-Expires to 90;refresher=uac |
    When Alice joins the public conference Lounge
    And 100 seconds pass
    Then Alice's client refreshes the session where
      | requirement       | field  | expectation |
      | IM-7.1.1.10-200.1 | method | is INVITE   |
    And Alice's client sends no UPDATE [IM-7.1.1.10-200.1]

  @ims
  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    When Alice joins the public conference Lounge
    Then Alice's client sends an INVITE where
      | requirement     | field                 | expectation          |
      | IM-7.1.1.10-ims | P-Access-Network-Info | is present           |
      | IM-7.1.1.10-ims | Route URI             | is the Service-Route |

  @invalid
  Scenario Outline: Joining is refused
    Given the conference server answers the invitation with <status>
    When Alice joins the public conference Lounge
    Then Alice's client sends an ACK where
      | requirement        | field  | expectation |
      | RFC3261-17.1.1.3-1 | method | is ACK      |
    And Alice's client sends no INVITE after the <status> to the INVITE [RFC3261-21.4-1]

    Examples:
      | status |
      | 403    |
      | 486    |
