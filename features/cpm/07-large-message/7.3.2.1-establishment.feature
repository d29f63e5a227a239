@cpm-client @originating @large-messages
Feature: 7.3.2.1 Establishment of a Large Message Session

  A CPM client sends a large message as an IM client does, with the feature tags of CPM and without a stated size.

  Background:
    Given Alice's CPM client is under test
    And Bob is a registered CPM user

  Scenario: One recipient
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends an INVITE where
      | requirement         | field                      | expectation                                  |
      | CPM-7.3.2.1-1       | method                     | is INVITE                                    |
      | CPM-7.3.2.1-1       | mandatory headers          | are complete                                 |
      | CPM-7.3.2.1-1       | To tag                     | is absent                                    |
      | CPM-7.3.2.1-2       | User-Agent                 | states the CPM client release                |
      | CPM-7.3.2.1-2.ed    | User-Agent                 | is present                                   |
      | CPM-7.3.2.1-3       | Contact                    | has feature tag +g.oma.sip-im.large-message  |
      | CPM-7.3.2.1-5       | Supported                  | has option tag timer                         |
      | CPM-7.3.2.1-6.1     | Session-Expires            | at least 90                                  |
      | CPM-7.3.2.1-6.2     | Session-Expires            | has parameter refresher uac                  |
      | CPM-7.3.2.1-7       | Request-URI                | is Bob's address                             |
      | CPM-7.3.2.1-10      | Accept-Contact             | has feature tag +g.oma.sip-im.large-message  |
      | CPM-7.3.2.1-11.1    | SDP                        | is a valid offer                             |
      | CPM-7.3.2.1-11.1    | SDP                        | is well-formed                               |
      | CPM-7.3.2.1-11.2    | SDP media                  | is message                                   |
      | CPM-7.3.2.1-11.2    | SDP protocol               | is one of TCP/MSRP, TCP/TLS/MSRP             |
      | CPM-7.3.2.1-11.2    | SDP path                   | is present                                   |
      | CPM-7.3.2.1-11.2    | SDP attribute accept-types | is present                                   |
      | CPM-7.3.2.1-11a     | SDP direction              | is sendonly                                  |
      | CPM-7.3.2.1-12      | next hop                   | is the SIP/IP core                           |
    And Alice's client sends no MESSAGE [CPM-7.3.2.1-1]
    And Alice's client sends the message over MSRP where
      | requirement         | field                      | expectation                                  |
      | CPM-7.3.2.1-200.3.1 | chunks                     | carry the whole message                      |
      | CPM-7.3.2.1-200.3.2 | chunks                     | follow RFC 4975                              |
    And Alice's client sends an ACK where
      | requirement         | field                      | expectation                                  |
      | CPM-7.3.2.1-200.2   | Request-URI                | is the Contact of the 200 to the INVITE      |
    And Alice's client sends a BYE where
      | requirement         | field                      | expectation                                  |
      | CPM-7.3.2.1-200.2   | Request-URI                | is the Contact of the 200 to the INVITE      |
      | CPM-7.3.2.1-end     | order                      | is after the whole message is acknowledged   |
      | CPM-7.3.2.1-end     | seconds after the whole message is acknowledged | at most 10              |

  Scenario: Several recipients
    Given Carol is a registered CPM user
    When Alice sends Bob and Carol a message of 20000 bytes
    Then Alice's client sends an INVITE where
      | requirement        | field                               | expectation                          |
      | CPM-7.3.2.1-8a.1   | part application/resource-lists+xml | is present                           |
      | CPM-7.3.2.1-8a.1   | disposition of part application/resource-lists+xml | is recipient-list     |
      | CPM-7.3.2.1-8a.1   | Require                             | has option tag recipient-list-invite |
      | CPM-7.3.2.1-8a.2   | resource list                       | are the recipients                   |
      | CPM-7.3.2.1-8b     | Request-URI                         | is the Controlling Function          |
      | CPM-7.3.2.1-8c     | Content-Type                        | is multipart/mixed                   |
      | CPM-2.1-rfc2046    | body                                | is well-formed                       |

  Scenario: Pre-defined group
    Given Carol is a registered CPM user
    And Friends is a pre-defined group of Bob and Carol
    When Alice sends the group Friends a message of 20000 bytes
    Then Alice's client sends an INVITE where
      | requirement      | field       | expectation          |
      | CPM-7.3.2.1-9a   | Request-URI | is the group Friends |

  Scenario: Anonymity
    When Alice sends Bob a message of 20000 bytes
      | option    | value |
      | anonymous | yes   |
    Then Alice's client sends an INVITE where
      | requirement     | field   | expectation  |
      | CPM-7.3.2.1-4   | Privacy | has value id |

  Scenario: Session timer
    Given Bob's client asks for a session interval of 90 seconds with refresher uac
    And Bob's client changes what it sends
      | message  | change     |
      | MSRP 200 | delay 25 s |
    When Alice sends Bob a message of 40000 bytes
    Then Alice's client refreshes the session where
      | requirement         | field                               | expectation |
      | CPM-7.3.2.1-200.1   | seconds after the 200 to the INVITE | at most 50  |

  Scenario: No session timer
    Given Bob's client changes what it sends
      | message       | change                      |
      | 200 to INVITE | drop header Session-Expires |
      | MSRP 200      | delay 29 s                  |
    When Alice sends Bob a message of 300000 bytes
    And 1200 seconds pass
    Then Alice's client sends no UPDATE [CPM-7.3.2.1-200.1]
    And Alice's client sends no INVITE after the 200 to the INVITE [CPM-7.3.2.1-200.1]
    And Alice's client sends a BYE where
      | requirement         | field | expectation                                |
      | CPM-7.3.2.1-200.1   | order | is after the whole message is acknowledged |

  @inopportune
  Scenario: A report that nobody asked for
    Given Bob's client changes what it sends
      | message     | change                             |
      | MSRP REPORT | set header Message-ID to foreign99 |
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends a BYE where
      | requirement       | field | expectation                                |
      | CPM-7.3.2.1-ffs   | order | is after the last chunk is acknowledged    |

  @invalid
  Scenario: The Controlling Function does not know lists
    Given Carol is a registered CPM user
    And the conference server answers the invitation with 420
    When Alice sends Bob and Carol a message of 20000 bytes
    Then Alice is told "failed" [RFC4975-5.3-1]
    And Alice's client sends no chunk [RFC3264-6-1]
