@controlling-function @terminating
Feature: 7.3.2.1 Establishment of a Large Message Session with a group

  Where nobody may be anonymous in a group, the server that hosts it refuses who asks for anonymity.

  Background:
    Given the Controlling Function is under test
    And Alice, Bob and Carol are registered CPM users
    And Friends is a pre-defined group of Bob and Carol

  Scenario: Anonymously where nobody may be
    Given Friends allows no anonymity
    When Alice sends the group Friends a message of 20000 bytes
      | option    | value |
      | anonymous | yes   |
    Then the Controlling Function answers Alice's INVITE where
      | requirement      | field  | expectation |
      | CPM-7.3.2.1-note | status | is 403      |
    And the Controlling Function sends Bob no INVITE [CPM-7.3.2.1-note]
