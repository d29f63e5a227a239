@im-client @mid-session @sessions
Feature: 7.1.3.2 Generating MSRP requests in an IM Session

  What the users say in a session goes over MSRP, in both directions.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user

  Scenario: Messages of the inviter
    When Alice invites Bob to a session
    And Alice sends "Are you there?" in the session
    Then Alice's client sends the message over MSRP where
      | requirement  | field          | expectation             |
      | IM-7.1.3.2-0 | chunks         | follow RFC 4975         |
      | IM-7.1.3.2-0 | chunks         | carry the whole message |
      | IM-7.1.3.2-0 | content        | is the message          |
      | IM-7.1.3.2-0 | MSRP To-Path   | is Bob's path           |
      | IM-7.1.3.2-0 | MSRP From-Path | is Alice's path         |

  Scenario: Messages of the invited
    When Bob invites Alice to a session
    And Alice sends "I am." in the session
    Then Alice's client sends the message over MSRP where
      | requirement  | field        | expectation             |
      | IM-7.1.3.2-0 | chunks       | follow RFC 4975         |
      | IM-7.1.3.2-0 | chunks       | carry the whole message |
      | IM-7.1.3.2-0 | content      | is the message          |
      | IM-7.1.3.2-0 | MSRP To-Path | is Bob's path           |

  Scenario: Shown on demand only
    When Alice invites Bob to a session
    And Alice sends "Open me" in the session
      | option         | value |
      | show on demand | yes   |
    Then Alice's client sends the message over MSRP where
      | requirement  | field                    | expectation   |
      | IM-7.1.3.2-1 | MSRP Content-Disposition | is attachment |

  Scenario: Content outside the session
    When Alice invites Bob to a session
    And Alice sends "The minutes of today" in the session
      | option           | value                                |
      | external content | http://content.home1.example/minutes |
    Then Alice's client sends the message over MSRP where
      | requirement    | field             | expectation                   |
      | IM-7.1.3.2-2.2 | MSRP Content-Type | is message/external-body      |
      | IM-7.1.3.2-2.2 | MSRP Content-Type | has parameter access-type URL |
      | IM-7.1.3.2-2.2 | MSRP Content-Type | has parameter URL             |

  Scenario: Pointer to content outside the session
    When Alice invites Bob to a session
    And Bob sends "The minutes of today" in the session
      | option           | value                                |
      | external content | http://content.home1.example/minutes |
    Then Alice's client receives the message over MSRP where
      | requirement    | field     | expectation          |
      | IM-7.1.3.2-2.1 | responses | acknowledge with 200 |
    And Alice's client sends no BYE [IM-7.1.3.2-2.1]
    And Alice is told "stored" [IM-7.1.3.2-2.1]

  Scenario: Messages both ways
    When Alice invites Bob to a session
    And Alice sends "Are you there?" in the session
    And Bob sends "I am." in the session
    Then Alice's client sends the message over MSRP where
      | requirement  | field  | expectation             |
      | IM-7.1.3.2-0 | chunks | carry the whole message |
    And Alice's client receives the message over MSRP where
      | requirement     | field     | expectation          |
      | RFC4975-7.3.1-1 | responses | acknowledge with 200 |
    And Alice is told "message" [RFC4975-7.3.1-1]

  @invalid
  Scenario: A message is refused
    Given Bob's client changes what it sends
      | message  | change                      |
      | MSRP 200 | set status 415 Unknown type |
    When Alice invites Bob to a session
    And Alice sends "Are you there?" in the session
    Then Alice is told "failed" [RFC4975-5.3-1]

  @invalid
  Scenario: A type that was not agreed
    Given Bob's client changes what it sends
      | message   | change                                          |
      | MSRP SEND | set header Content-Type to application/x-unseen |
    When Alice invites Bob to a session
    And Bob sends "I am." in the session
    Then Alice's client receives the message over MSRP where
      | requirement     | field     | expectation          |
      | RFC4975-7.3.1-3 | responses | acknowledge with 415 |

  @inopportune
  Scenario: The connection breaks
    Given Bob's client changes what it sends
      | message  | change  |
      | MSRP 200 | swallow |
    And Bob aborts the MSRP connection once 1 chunks have come
    When Alice invites Bob to a session
    And Alice sends "Are you there?" in the session
    Then Alice is told "failed" [RFC4975-5.4-1]
