@sip-core
Feature: 5.3 Procedures at the Registrar

  Who registers through proxies says with Path by which ways he wants to be reached.

  Background:
    Given the SIP/IP core is under test
    And Alice is a registered IM user
    And Bob is offline

  Scenario: A registration with a path
    Given Bob's client changes what it sends
      | message  | change                                   |
      | REGISTER | set header Path to <sip:{SIP of Bob's client};lr> |
      | REGISTER | set header Supported to path             |
    When Bob registers
    And Alice sends Bob a message of 200 bytes
    Then the SIP/IP core answers Bob's REGISTER where
      | requirement    | field  | expectation                      |
      | RFC3327-5.3-1  | status | is 200                           |
      | RFC3327-5.3-1  | Path   | is the same as in Bob's REGISTER |
    And the SIP/IP core sends Bob a MESSAGE where
      | requirement    | field     | expectation        |
      | RFC3327-5.4-1  | Route URI | is at Bob's client |
