@im-client @originating @pager
Feature: 8.1.1 Sending SIP MESSAGE for Pager Mode

  A message of pager mode is one MESSAGE outside of any dialog, to a person, to a list of people, to a group, or to
  those who take part in a session of another service.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user

  Scenario: One recipient
    When Alice sends Bob a message of 200 bytes
    Then Alice's client sends a MESSAGE where
      | requirement    | field             | expectation                   |
      | IM-8.1.1-0.1   | method            | is MESSAGE                    |
      | IM-8.1.1-0.1   | mandatory headers | are complete                  |
      | IM-8.1.1-0.1   | message           | is well-formed                |
      | IM-8.1.1-0.2   | Contact           | is absent                     |
      | IM-8.1.1-0.2   | To tag            | is absent                     |
      | IM-8.1.1-1.1   | Accept-Contact    | has feature tag +g.oma.sip-im |
      | IM-8.1.1-2     | User-Agent        | states the IM client release  |
      | IM-8.1.1-4     | Request-URI       | is Bob's address              |
      | IM-8.1.1-10    | next hop          | is the SIP/IP core            |
    And Alice is told "delivered" [RFC3428-5-1]

  Scenario: Every initial request
    When Alice sends Bob a message of 200 bytes
    And Alice sends Bob a message of 20000 bytes
    Then Alice's client sends initial requests where
      | requirement    | field          | expectation                   |
      | IM-8.1.1-1.2   | Accept-Contact | has feature tag +g.oma.sip-im |

  Scenario: Anonymity
    When Alice sends Bob a message of 200 bytes
      | option    | value |
      | anonymous | yes   |
    Then Alice's client sends a MESSAGE where
      | requirement  | field   | expectation  |
      | IM-8.1.1-3   | Privacy | has value id |

  Scenario: Several recipients
    Given Carol is a registered IM user
    When Alice sends Bob and Carol a message of 200 bytes
    Then Alice's client sends a MESSAGE where
      | requirement     | field                                              | expectation                           |
      | IM-8.1.1-5a.1   | part application/resource-lists+xml                | is present                            |
      | IM-8.1.1-5a.2   | resource list                                      | are the recipients                    |
      | IM-8.1.1-5a.3   | Content-Type                                       | is multipart/mixed                    |
      | IM-8.1.1-5a.3   | body                                               | is well-formed                        |
      | IM-8.1.1-5a.3   | disposition of part application/resource-lists+xml | is recipient-list                     |
      | IM-8.1.1-5a.3   | Require                                            | has option tag recipient-list-message |
      | IM-8.1.1-5a.3   | part text/plain                                    | is present                            |
      | IM-8.1.1-5b     | Request-URI                                        | is the conference factory             |
      | IM-8.1.1-5c     | Request-URI parameter sessiontype                  | is adhoc                              |
    And Alice is not told "delivered" after the 202 to the MESSAGE [RFC3428-5-2]
    And Bob is told "message" [IM-8.1.1-5a.2]
    And Carol is told "message" [IM-8.1.1-5a.2]

  Scenario: Pre-defined group
    Given Carol is a registered IM user
    And Friends is a pre-defined group of Bob and Carol
    When Alice sends the group Friends a message of 200 bytes
    Then Alice's client sends a MESSAGE where
      | requirement   | field                             | expectation          |
      | IM-8.1.1-7a   | Request-URI                       | is the group Friends |
      | IM-8.1.1-7b   | Request-URI parameter sessiontype | is pre-defined       |

  Scenario: Participants of another session
    Given Carol is a registered IM user
    And Lunch is a running session of Bob and Carol, but no IM session
    When Alice sends the session Lunch a message of 200 bytes
    Then Alice's client sends a MESSAGE where
      | requirement  | field       | expectation          |
      | IM-8.1.1-8   | Request-URI | is the session Lunch |

  Scenario: Content outside the message
    When Alice sends Bob a message of 200 bytes
      | option           | value                                |
      | external content | http://content.home1.example/minutes |
    Then Alice's client sends a MESSAGE where
      | requirement    | field                      | expectation                  |
      | IM-8.1.1-9.2   | Content-Type               | is message/external-body     |
      | IM-8.1.1-9.3   | Content-Type               | has parameter access-type URL |
      | IM-8.1.1-9.3   | Content-Type               | has parameter URL            |
      | IM-8.1.1-9.3   | Content-Type               | has parameter expiration     |
      | IM-8.1.1-9.3   | part message/external-body | is well-formed               |

  Scenario: A delivery report after a 202
    Given Bob's client changes what it sends
      | message        | change                  |
      | 200 to MESSAGE | set status 202 Accepted |
    When Alice sends Bob a message of 200 bytes
      | option          | value |
      | delivery report | yes   |
    Then Alice's client sends a MESSAGE where
      | requirement      | field                         | expectation                 |
      | IM-8.1.1-202.1   | part message/cpim             | is well-formed              |
      | IM-8.1.1-202.1   | CPIM Message-ID               | is present                  |
      | IM-8.1.1-202.1   | CPIM Disposition-Notification | has value positive-delivery |
      | RFC5438-7.1.1-1  | CPIM DateTime                 | is present                  |
    And Alice is told "delivered" [IM-8.1.1-202.2]

  Scenario: A late delivery report
    Given Bob's client changes what it sends
      | message        | change                  |
      | 200 to MESSAGE | set status 202 Accepted |
    And Bob's client sends the delivery report 60 seconds after the message
    When Alice sends Bob a message of 200 bytes
      | option          | value |
      | delivery report | yes   |
    Then Alice is told "delivered" [IM-8.1.1-202.3]

  Scenario: A 202 is no delivery
    Given Bob's client changes what it sends
      | message        | change                  |
      | 200 to MESSAGE | set status 202 Accepted |
    When Alice sends Bob a message of 200 bytes
    Then Alice is not told "delivered" after the 202 to the MESSAGE [RFC3428-5-2]
    And Alice is not told "failed" [RFC3428-7-4]

  @ims
  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    When Alice sends Bob a message of 200 bytes
    Then Alice's client sends a MESSAGE where
      | requirement    | field                 | expectation          |
      | IM-8.1.1-ims   | P-Access-Network-Info | is present           |
      | IM-8.1.1-ims   | Route URI             | is the Service-Route |

  @invalid
  Scenario Outline: The message is refused
    Given Bob's client changes what it sends
      | message        | change              |
      | 200 to MESSAGE | set status <status> |
    When Alice sends Bob a message of 200 bytes
    Then Alice is told "failed" [RFC3428-7-4]
    And Alice is not told "delivered" [RFC3428-7-4]
    And Alice's client sends no MESSAGE after the <status> to the MESSAGE [RFC3261-21.4-1]

    Examples:
      | status |
      | 403    |
      | 404    |
      | 480    |
      | 486    |

  @invalid
  Scenario Outline: Server failure and global failure
    Given Bob's client changes what it sends
      | message        | change              |
      | 200 to MESSAGE | set status <status> |
    When Alice sends Bob a message of 200 bytes
    Then Alice is told "failed" [RFC3428-7-4]
    And Alice is not told "delivered" [RFC3428-7-4]

    Examples:
      | status |
      | 500    |
      | 603    |

  @invalid
  Scenario: A delivery report for another message
    Given Bob's client changes what it sends
      | message | change                                   |
      | MESSAGE | replace <message-id> with <message-id>no |
    When Alice sends Bob a message of 200 bytes
      | option          | value |
      | delivery report | yes   |
    Then Alice's client answers the MESSAGE where
      | requirement     | field  | expectation          |
      | RFC3428-7-1     | status | is one of 200, 202   |
    And Alice is not told "delivered" [RFC5438-7.1.2-1]

  @inopportune
  Scenario: Nobody answers
    Given Bob's client changes what it sends
      | message        | change  |
      | 200 to MESSAGE | swallow |
    When Alice sends Bob a message of 200 bytes
    Then Alice is told "failed" [RFC3261-8.1.3.1-1]
    And Alice is not told "delivered" [RFC3428-7-4]

  @inopportune
  Scenario: A second message while the first is pending
    Given Bob's client changes what it sends
      | message            | change    |
      | 1st 200 to MESSAGE | delay 3 s |
    When Alice sends Bob a message of 200 bytes
    And Alice sends Bob a message of 300 bytes
    Then Alice's client sends another MESSAGE where
      | requirement  | field       | expectation                     |
      | RFC3428-8-2  | order       | is after the 200 to the MESSAGE |
      | IM-8.1.1-4   | Request-URI | is Bob's address                |
