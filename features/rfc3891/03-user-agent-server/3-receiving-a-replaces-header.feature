@im-client @mid-session @conferences
Feature: 3 User Agent Server Behavior: Receiving a Replaces Header

  The session of two becomes a conference (IM 7.1.1.6). Who was in it gets an invitation that takes its place, and answers
  it without asking his user.

  Background:
    Given Alice's IM client is under test
    And Bob and Carol are registered IM users

  Scenario: The session of one who was invited
    When Bob invites Alice to a session
    And Bob extends the session to Carol
    Then Alice's client answers the 2nd INVITE where
      | requirement | field  | expectation |
      | RFC3891-3-1 | status | is 200      |
    And Alice's client sends a BYE where
      | requirement | field  | expectation                    |
      | RFC3891-3-1 | To URI | is Bob's address               |
      | RFC3891-3-1 | order  | is after the 200 to the INVITE |

  Scenario: The session of one who invited
    When Alice invites Bob to a session
    And Bob extends the session to Carol
    Then Alice's client answers the INVITE where
      | requirement | field  | expectation |
      | RFC3891-3-1 | status | is 200      |
    And Alice's client sends a BYE where
      | requirement | field       | expectation                             |
      | RFC3891-3-1 | Request-URI | is the Contact of the 200 to the INVITE |

  Scenario: Messages in the conference
    When Bob invites Alice to a session
    And Bob extends the session to Carol
    And Alice sends "Hello Carol" in the session
    Then Alice's client sends the message over MSRP where
      | requirement       | field   | expectation             |
      | IM-7.1.3.2.1-to.2 | CPIM To | is the session identity |

  @invalid
  Scenario Outline: What cannot be replaced
    Given the conference server changes what it sends
      | message    | change   |
      | 1st INVITE | <change> |
    When Bob invites Alice to a session
    And Bob extends the session to Carol
    Then Alice's client answers the 2nd INVITE where
      | requirement   | field  | expectation |
      | <requirement> | status | is <status> |
    And Alice's client sends no BYE [RFC3891-3-7]

    Examples:
      | flaw           | change                                                     | status | requirement |
      | no dialog      | set header Replaces to nobody-knows-it;to-tag=a;from-tag=b | 481    | RFC3891-3-2 |
      | two dialogs    | add header Replaces to nobody-knows-it;to-tag=a;from-tag=b | 400    | RFC3891-3-3 |
      | early only     | set parameter early-only of Replaces to yes                | 486    | RFC3891-3-4 |
      | unusable offer | set SDP attribute accept-types to application/x-unseen     | 488    | RFC3891-3-7 |

  @invalid
  Scenario: A message that replaces a session
    Given Bob's client changes what it sends
      | message | change                                                     |
      | MESSAGE | add header Replaces to nobody-knows-it;to-tag=a;from-tag=b |
    When Bob sends Alice a message of 200 bytes
    Then Alice's client answers the MESSAGE where
      | requirement | field  | expectation |
      | RFC3891-3-6 | status | is 400      |
    And Alice is not told "message" [RFC3891-3-6]

  @inopportune
  Scenario: The session has ended
    When Bob invites Alice to a session
    And Bob extends the session to Carol while Alice releases it
    Then Alice's client answers the 2nd INVITE where
      | requirement | field  | expectation |
      | RFC3891-3-5 | status | is 603      |
