@im-client @originating
Feature: 8.3 Path Attributes with Multiple URIs

  A client that knows nothing of relays has to take part in sessions with those who have one.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user
    And the MSRP relay acts for Bob

  Scenario: The other side has a relay
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client opens the MSRP connection where
      | requirement   | field        | expectation          |
      | RFC4975-8.3-1 | next hop     | is at the MSRP relay |
    And Alice's client sends the message over MSRP where
      | requirement   | field        | expectation                  |
      | RFC4975-8.3-2 | MSRP To-Path | is the way from Alice to Bob |

  @terminating
  Scenario: A message from somebody with a relay
    When Bob sends Alice a message of 20000 bytes
    Then Alice's client receives the message over MSRP where
      | requirement     | field           | expectation              |
      | RFC4975-7.2-5   | responses       | go to the previous hop   |
      | RFC4975-7.1.2-3 | success reports | take the whole path back |
