@controlling-function @terminating
Feature: 8.1.1 A message to a group in pager mode

  Where nobody may be anonymous in a group, the server that hosts it lets no anonymous message through.

  Background:
    Given the Controlling Function is under test
    And Alice, Bob and Carol are registered IM users
    And Friends is a pre-defined group of Alice, Bob and Carol

  Scenario: Anonymously where nobody may be
    Given Friends allows no anonymity
    When Alice sends the group Friends a message of 200 bytes
      | option    | value |
      | anonymous | yes   |
    Then the Controlling Function answers Alice's MESSAGE where
      | requirement    | field  | expectation  |
      | IM-8.1.1-note1 | status | at least 400 |
      | IM-8.1.1-note1 | status | at most 499  |
    And the Controlling Function sends Bob no MESSAGE [IM-8.1.1-note1]
    And the Controlling Function sends Carol no MESSAGE [IM-8.1.1-note1]
