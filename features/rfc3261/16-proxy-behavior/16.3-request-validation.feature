@sip-core
Feature: 16.3 Request Validation

  What the SIP/IP core looks at before it passes a request on.

  Background:
    Given the SIP/IP core is under test
    And Alice and Bob are registered IM users

  @invalid
  Scenario: No hops are left
    Given Alice's client changes what it sends
      | message | change                       |
      | MESSAGE | set header Max-Forwards to 0 |
    When Alice sends Bob a message of 200 bytes
    Then the SIP/IP core answers Alice's MESSAGE where
      | requirement     | field  | expectation |
      | RFC3261-16.3-3  | status | is 483      |
    And the SIP/IP core sends Bob no MESSAGE [RFC3261-16.3-3]

  @invalid
  Scenario: An unknown extension
    Given Alice's client changes what it sends
      | message | change                          |
      | MESSAGE | set header Proxy-Require to foo |
    When Alice sends Bob a message of 200 bytes
    Then the SIP/IP core answers Alice's MESSAGE where
      | requirement     | field        | expectation        |
      | RFC3261-16.3-4  | status       | is 420             |
      | RFC3261-16.3-4  | Unsupported  | has option tag foo |
    And the SIP/IP core sends Bob no MESSAGE [RFC3261-16.3-4]
