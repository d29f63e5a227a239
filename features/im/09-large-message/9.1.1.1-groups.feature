@controlling-function @terminating
Feature: 9.1.1.1 A large message to a group

  Where nobody may be anonymous in a group, the server that hosts it refuses who asks for anonymity. Else it answers as
  the focus that it is, so that nobody takes its 200 for that of the end user.

  Background:
    Given the Controlling Function is under test
    And Alice, Bob and Carol are registered IM users
    And Friends is a pre-defined group of Alice, Bob and Carol

  Scenario: Anonymously where nobody may be
    Given Friends allows no anonymity
    When Alice sends the group Friends a message of 20000 bytes
      | option    | value |
      | anonymous | yes   |
    Then the Controlling Function answers Alice's INVITE where
      | requirement      | field  | expectation |
      | IM-9.1.1.1-note1 | status | is 403      |
    And the Controlling Function sends Bob no INVITE [IM-9.1.1.1-note1]

  Scenario: The answer is that of a focus
    When Alice sends the group Friends a message of 20000 bytes
    Then the Controlling Function answers Alice's INVITE where
      | requirement        | field   | expectation             |
      | IM-9.1.1.2-comment | Contact | has feature tag isfocus |
