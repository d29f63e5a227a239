@controlling-function @terminating
Feature: 9.3.1.1 Large message to a group

  Somebody sends a large message to the users of a list, or to a group. The server sets a session up as for any other, and
  takes the message in one direction.

  Background:
    Given the Controlling Function is under test
    And Alice, Bob and Carol are registered IM users
    And Friends is a pre-defined group of Alice, Bob and Carol

  Scenario: A list
    When Alice sends Bob and Carol a message of 20000 bytes
    Then the Controlling Function sends Bob an INVITE where
      | requirement  | field       | expectation      |
      | IM-9.3.1.1-1 | Request-URI | is Bob's address |
    And the Controlling Function sends Carol an INVITE where
      | requirement  | field       | expectation        |
      | IM-9.3.1.1-1 | Request-URI | is Carol's address |
    And the Controlling Function answers Alice's INVITE where
      | requirement     | field                      | expectation                |
      | IM-9.3.1.1-3a   | status                     | is 200                     |
      | IM-9.3.1.1-3a   | Contact                    | has feature tag isfocus    |
      | IM-9.3.1.1-3b.1 | SDP                        | is well-formed             |
      | IM-9.3.1.1-3b.1 | SDP                        | answers the offer          |
      | IM-9.3.1.1-3b.1 | SDP direction              | is recvonly                |
      | IM-9.3.1.1-3b.2 | SDP path                   | is not Alice's path        |
      | IM-9.3.1.1-3b.2 | SDP attribute accept-types | is a subset of the offer   |
      | IM-9.3.1.1-3bi  | SDP attribute filesize     | is the size of the message |

  Scenario: A group
    When Alice sends the group Friends a message of 20000 bytes
    Then the Controlling Function sends Bob an INVITE where
      | requirement  | field       | expectation      |
      | IM-9.3.1.1-2 | Request-URI | is Bob's address |
    And the Controlling Function sends Carol an INVITE where
      | requirement  | field       | expectation        |
      | IM-9.3.1.1-2 | Request-URI | is Carol's address |
    And the Controlling Function answers Alice's INVITE where
      | requirement   | field  | expectation |
      | IM-9.3.1.1-3a | status | is 200      |
