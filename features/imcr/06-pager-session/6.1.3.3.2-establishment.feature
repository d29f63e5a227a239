@im-client @originating @sessions
Feature: 6.1.3.3.2 Establishment of a Pager Mode Message SIP Session

  The session that carries one message, as the change request first described it: the client invites the
  recipient, a list or a group, sends in one direction, and ends the session when the message is through.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user

  Scenario: One recipient
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends an INVITE where
      | requirement           | field                      | expectation                      |
      | IMCR-6.1.3.3.2-1      | method                     | is INVITE                        |
      | IMCR-6.1.3.3.2-1      | To tag                     | is absent                        |
      | IMCR-6.1.3.3.2-1      | mandatory headers          | are complete                     |
      | IMCR-6.1.3.3.2-1      | message                    | is well-formed                   |
      | IMCR-6.1.3.3.2-1      | Accept-Contact             | has feature tag +g.oma.sip-im    |
      | IMCR-6.1.3.3.2-1      | Contact                    | has feature tag +g.oma.sip-im    |
      | IMCR-6.1.3.3.2-1      | User-Agent                 | states the IM client release     |
      | IMCR-6.1.3.3.2-1      | Supported                  | has option tag timer             |
      | IMCR-6.1.3.3.2-2      | Request-URI                | is Bob's address                 |
      | IMCR-6.1.3.3.2-5.1    | part application/sdp       | is present                       |
      | IMCR-6.1.3.3.2-5.1    | SDP                        | is a valid offer                 |
      | IMCR-6.1.3.3.2-5.1    | SDP                        | is well-formed                   |
      | IMCR-6.1.3.3.2-5.2    | SDP media                  | is message                       |
      | IMCR-6.1.3.3.2-5.2    | SDP protocol               | is one of TCP/MSRP, TCP/TLS/MSRP |
      | IMCR-6.1.3.3.2-5.2    | SDP format                 | is *                             |
      | IMCR-6.1.3.3.2-5a     | SDP path                   | is present                       |
      | IMCR-6.1.3.3.2-5c.1   | SDP attribute accept-types | has value text/plain             |
      | IMCR-6.1.3.3.2-5d     | SDP direction              | is sendonly                      |
      | IMCR-6.1.3.3.2-7      | next hop                   | is the SIP/IP core               |
    And Alice's client sends a BYE where
      | requirement           | field                      | expectation                             |
      | IMCR-6.1.3.3.2-200n.1 | order                      | is after the last chunk is acknowledged |
    And Alice's client sends no chunk after the BYE [IMCR-6.1.3.3.2-200n.2]

  Scenario: The connection closes with the session
    Given Bob's client leaves the MSRP connection open
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client closes the MSRP connection where
      | requirement           | field                                        | expectation                             |
      | IMCR-6.1.3.3.2-200n.2 | order                                        | is after the last chunk is acknowledged |
      | IMCR-6.1.3.3.2-200n.2 | seconds after the last chunk is acknowledged | at most 40                              |

  Scenario: Several recipients
    Given Carol is a registered IM user
    When Alice sends Bob and Carol a message of 20000 bytes
    Then Alice's client sends an INVITE where
      | requirement           | field                               | expectation               |
      | IMCR-6.1.3.3.2-3a.1   | part application/resource-lists+xml | is present                |
      | IMCR-6.1.3.3.2-3a.2   | resource list                       | are the recipients        |
      | IMCR-6.1.3.3.2-3b     | Request-URI                         | is the conference factory |
      | IMCR-6.1.3.3.2-4      | Content-Type                        | is multipart/mixed        |
      | IMCR-6.1.3.3.2-4      | body                                | is well-formed            |
      | IMCR-6.1.3.3.2-5d     | SDP direction                       | is sendonly               |

  Scenario: Group
    Given Carol is a registered IM user
    And Friends is a pre-defined group of Bob and Carol
    When Alice sends the group Friends a message of 20000 bytes
    Then Alice's client sends an INVITE where
      | requirement           | field                             | expectation          |
      | IMCR-6.1.3.3.2-3c.1   | Request-URI                       | is the group Friends |
      | IMCR-6.1.3.3.2-3c.2   | Request-URI parameter sessiontype | is present           |

  Scenario: The message goes to an exploder
    Given Bob's client adds isfocus to its Contact
    And Bob's client leaves the MSRP connection open
    And Bob's client changes what it sends
      | message     | change    |
      | MSRP REPORT | delay 2 s |
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends the message over MSRP where
      | requirement            | field               | expectation |
      | IMCR-6.1.3.3.2-200.1.1 | MSRP Success-Report | is yes      |
    And Alice is not told "delivered" before the success report [IMCR-6.1.3.3.2-200.ed2]
    And Alice is told "delivered" [IMCR-6.1.3.3.2-200.1.2]
    And Alice's client closes the MSRP connection where
      | requirement            | field | expectation                 |
      | IMCR-6.1.3.3.2-200.2   | order | is after the success report |

  Scenario: No direction means both
    Given Bob's client changes what it sends
      | message | change             |
      | INVITE  | drop SDP direction |
    When Bob sends Alice a message of 20000 bytes
    Then Alice is told "session-invitation" [IMCR-6.1.3.3.2-ed1]
    And Alice is not told "large-message" [IMCR-6.1.3.3.2-ed1]

  @ims
  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends an INVITE where
      | requirement           | field                 | expectation          |
      | IMCR-6.1.3.3.2-ims    | P-Access-Network-Info | is present           |
      | IMCR-6.1.3.3.2-ims    | Route URI             | is the Service-Route |
