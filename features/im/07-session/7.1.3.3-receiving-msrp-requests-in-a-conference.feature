@im-client @mid-session @conferences
Feature: 7.1.3.3 Receiving MSRP requests in an IM Conference Session

  By To in the CPIM wrapper the client tells the messages for its user alone from those for everybody.

  Background:
    Given Alice's IM client is under test
    And Bob and Carol are registered IM users

  Scenario: A message for everybody
    When Alice invites Bob and Carol to a conference
    And Bob sends "Hello everybody" in the session
    Then Alice's client receives the message over MSRP where
      | requirement  | field     | expectation          |
      | IM-7.1.3.3-0 | responses | acknowledge with 200 |
    And Alice is told "message" [IM-7.1.3.3-1]
    And Alice is not told "private-message" [IM-7.1.3.3-2]

  Scenario: A message that asks for a report
    Given the conference server changes what it sends
      | message   | change                           |
      | MSRP SEND | set header Success-Report to yes |
    When Alice invites Bob and Carol to a conference
    And Bob sends "Hello everybody" in the session
    Then Alice's client receives the message over MSRP where
      | requirement  | field           | expectation             |
      | IM-7.1.3.3-0 | responses       | acknowledge with 200    |
      | IM-7.1.3.3-0 | success reports | cover the whole message |

  Scenario: A private message
    When Alice invites Bob and Carol to a conference
    And Bob sends Alice privately "Between the two of us" in the session
    Then Alice's client receives the message over MSRP where
      | requirement  | field     | expectation          |
      | IM-7.1.3.3-0 | responses | acknowledge with 200 |
    And Alice is told "private-message" [IM-7.1.3.3-2]
    And Alice is not told "message" [IM-7.1.3.3-3]

  Scenario: A message for everybody in a group
    Given Friends is a pre-defined group of Alice, Bob and Carol
    When Alice joins the group Friends
    And Bob sends "Hello everybody" in the session
    Then Alice is told "message" [IM-7.1.3.3-1]
    And Alice is not told "private-message" [IM-7.1.3.3-2]

  Scenario: A private message for one who was invited
    When Bob invites Alice and Carol to a conference
    And Bob sends Alice privately "Between the two of us" in the session
    Then Alice is told "private-message" [IM-7.1.3.3-2]
    And Alice is not told "message" [IM-7.1.3.3-3]

  @invalid
  Scenario: A message without a wrapper
    Given the conference server changes what it sends
      | message   | change                                |
      | MSRP SEND | set header Content-Type to text/plain |
    When Alice invites Bob and Carol to a conference
    And Bob sends "Hello everybody" in the session
    Then Alice's client receives the message over MSRP where
      | requirement     | field     | expectation          |
      | RFC4975-7.3.1-3 | responses | acknowledge with 415 |
