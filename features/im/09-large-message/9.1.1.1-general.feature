@im-client @originating @large-messages
Feature: 9.1.1.1 Large Message Session initiation: General

  What every initial request of a client carries, and what the client keeps of the responses.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user

  Scenario: Initial request
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends an INVITE where
      | requirement      | field             | expectation                     |
      | IM-9.1.1.1-0     | mandatory headers | are complete                    |
      | IM-9.1.1.1-0     | message           | is well-formed                  |
      | IM-9.1.1.1-0     | To tag            | is absent                       |
      | IM-9.1.1.1-1.1   | Accept-Contact    | has feature tag +g.oma.sip-im   |
      | IM-9.1.1.1-2     | User-Agent        | states the IM client release    |
      | IM-9.1.1.1-3     | Allow             | lists INVITE, ACK, CANCEL, BYE  |
      | IM-9.1.1.1-4     | Contact           | has feature tag +g.oma.sip-im   |
      | IM-9.1.1.1-6     | Supported         | has option tag timer            |
      | IM-9.1.1.1-7.1   | Session-Expires   | at least 90                     |
      | IM-9.1.1.1-7.2   | Session-Expires   | has parameter refresher uac     |
    And Alice's client sends initial requests where
      | requirement      | field             | expectation                     |
      | IM-9.1.1.1-1.2   | Accept-Contact    | has feature tag +g.oma.sip-im   |

  Scenario: Anonymity
    When Alice sends Bob a message of 20000 bytes
      | option    | value |
      | anonymous | yes   |
    Then Alice's client sends an INVITE where
      | requirement    | field   | expectation  |
      | IM-9.1.1.1-5   | Privacy | has value id |

  Scenario: Session identity of a focus
    Given Bob's client adds isfocus to its Contact
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends a BYE where
      | requirement       | field       | expectation                             |
      | IM-9.1.1.1-resp.2 | Request-URI | is the Contact of the 200 to the INVITE |

  Scenario: Session timer
    Given Bob's client asks for a session interval of 90 seconds with refresher uac
    And Bob's client changes what it sends
      | message  | change     |
      | MSRP 200 | delay 25 s |
    When Alice sends Bob a message of 40000 bytes
    Then Alice's client refreshes the session where
      | requirement          | field                               | expectation |
      | IM-9.1.1.1-200.1.1   | seconds after the 200 to the INVITE | at most 50  |
      | IM-9.1.1.1-200.1.2   | seconds after the 200 to the INVITE | at most 89  |

  Scenario: Refresh without UPDATE
    Given Bob's client asks for a session interval of 90 seconds with refresher uac
    And Bob's client allows INVITE, ACK, CANCEL, BYE
    And Bob's client changes what it sends
      | message  | change     |
      | MSRP 200 | delay 25 s |
    When Alice sends Bob a message of 40000 bytes
    Then Alice's client sends no UPDATE [IM-9.1.1.1-resp.1]
    And Alice's client refreshes the session where
      | requirement       | field  | expectation |
      | IM-9.1.1.1-resp.1 | method | is INVITE   |

  @inopportune
  Scenario: The peer does not refresh
    Given Bob's client changes what it sends
      | message       | change                                          |
      | 200 to INVITE | set header Session-Expires to 90;refresher=uas  |
      | MSRP 200      | delay 25 s                                      |
    When Alice sends Bob a message of 60000 bytes
    Then Alice's client sends a BYE where
      | requirement    | field                               | expectation |
      | RFC4028-10-1   | seconds after the 200 to the INVITE | at most 90  |

  @ims
  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends an INVITE where
      | requirement    | field                 | expectation          |
      | IM-9.1.1.1-ims | P-Access-Network-Info | is present           |
      | IM-9.1.1.1-ims | Route URI             | is the Service-Route |
