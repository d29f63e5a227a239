@im-client @mid-session @conferences
Feature: 4.6 Constructing Coherent State Procedure

  A client that has subscribed to a conference is told who takes part, bit by bit.

  Background:
    Given Alice's IM client is under test
    And Bob and Carol are registered IM users

  Scenario: One leaves
    When Alice invites Bob and Carol to a conference
    And Alice subscribes to the conference
    And Bob releases the session
    Then Alice is told that Alice and Carol take part [RFC4575-4.6-1]

  @inopportune
  Scenario: A document was missed
    Given the conference server changes what it sends
      | message    | change                               |
      | 2nd NOTIFY | replace version="1" with version="2" |
    When Alice invites Bob and Carol to a conference
    And Alice subscribes to the conference
    And Bob releases the session
    And Carol releases the session
    Then Alice's client sends another SUBSCRIBE where
      | requirement   | field   | expectation   |
      | RFC4575-4.6-2 | method  | is SUBSCRIBE  |
      | RFC4575-4.6-2 | To tag  | is present    |
      | RFC4575-4.6-2 | Event   | is conference |
      | RFC4575-4.6-2 | Expires | at least 1    |
    And Alice is told that Alice takes part [RFC4575-4.6-2]

  @inopportune
  Scenario: A document comes late
    Given the conference server changes what it sends
      | message    | change                               |
      | 2nd NOTIFY | replace version="1" with version="0" |
    When Alice invites Bob and Carol to a conference
    And Alice subscribes to the conference
    And Bob releases the session
    Then Alice is told that Alice, Bob and Carol take part [RFC4575-4.6-3]

  Scenario: The conference is gone
    Given the conference server changes what it sends
      | message    | change                                       |
      | 2nd NOTIFY | replace state="partial" with state="deleted" |
    When Alice invites Bob and Carol to a conference
    And Alice subscribes to the conference
    And Bob releases the session
    Then Alice's client sends another SUBSCRIBE where
      | requirement   | field   | expectation  |
      | RFC4575-4.6-4 | method  | is SUBSCRIBE |
      | RFC4575-4.6-4 | Expires | is 0         |
