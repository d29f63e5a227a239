@im-client @terminating @pager
Feature: 7 UAS Processing of MESSAGE

  The client of the recipient answers a message at once, without body and without Contact, shows it, and refuses what it
  cannot show.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user

  Scenario: Plain text
    When Bob sends Alice a message of 200 bytes
    Then Alice's client answers the MESSAGE where
      | requirement  | field             | expectation        |
      | RFC3428-7-1  | status            | is one of 200, 202 |
      | RFC3428-7-1  | seconds after the MESSAGE | at most 2  |
      | RFC3428-7-2  | body              | is absent          |
      | RFC3428-7-3  | Contact           | is absent          |
      | RFC3428-7-1  | mandatory headers | are complete       |
    And Alice is told "message" [RFC3428-7-5]

  Scenario: A pointer to content
    When Bob sends Alice a message of 200 bytes
      | option           | value                                |
      | external content | http://content.home1.example/minutes |
    Then Alice's client answers the MESSAGE where
      | requirement    | field  | expectation        |
      | IM-8.1.1-9.1   | status | is one of 200, 202 |
    And Alice is told "stored" [IM-8.1.1-9.1]

  Scenario: A part that may be left aside
    Given Carol is a registered IM user
    And Bob's client changes what it sends
      | message | change                                                       |
      | MESSAGE | set Request-URI to sip:alice@home1.example                   |
      | MESSAGE | drop header Require                                          |
      | MESSAGE | replace recipient-list with recipient-list-history;handling=optional |
    When Bob sends Alice and Carol a message of 200 bytes
    Then Alice's client answers the MESSAGE where
      | requirement      | field  | expectation        |
      | RFC3261-8.2.3-2  | status | is one of 200, 202 |
    And Alice is told "message" [RFC3261-8.2.3-2]

  @invalid
  Scenario: An unknown media type
    When Bob sends Alice a message of 200 bytes
      | option       | value                |
      | content type | application/x-unseen |
    Then Alice's client answers the MESSAGE where
      | requirement      | field  | expectation |
      | RFC3261-8.2.3-1  | status | is 415      |
      | RFC3261-8.2.3-1  | Accept | is present  |
    And Alice is not told "message" [RFC3261-8.2.3-1]

  @invalid
  Scenario: An unknown extension
    Given Bob's client changes what it sends
      | message | change                    |
      | MESSAGE | set header Require to foo |
    When Bob sends Alice a message of 200 bytes
    Then Alice's client answers the MESSAGE where
      | requirement        | field       | expectation        |
      | RFC3261-8.2.2.3-1  | status      | is 420             |
      | RFC3261-8.2.2.3-1  | Unsupported | has option tag foo |
    And Alice is not told "message" [RFC3261-8.2.2.3-1]

  @invalid
  Scenario Outline: A body that cannot be read
    Given Bob's client changes what it sends
      | message     | change   |
      | 1st MESSAGE | <change> |
    When Bob sends Alice a message of 200 bytes
      | option          | value |
      | delivery report | yes   |
    And Bob sends Alice a message of 300 bytes
    Then Alice's client answers the MESSAGE where
      | requirement       | field  | expectation           |
      | RFC3261-21.4.1-1  | status | is one of 400, 415, 488, 493 |
    And Alice is told "message" [RFC3428-7-5]

    Examples:
      | flaw                  | change                                       |
      | no boundary           | set header Content-Type to multipart/mixed   |
      | no type of content    | replace Content-Type with X-Content-Type     |
