@sip-core @ims
Feature: 6.3 Procedures at the Registrar

  On registration the core of a 3GPP IMS tells clients by which way their requests go to its services.

  Background:
    Given the SIP/IP core is under test
    And the SIP/IP core is a 3GPP IMS
    And Alice is offline

  Scenario: A registration
    When Alice registers
    Then the SIP/IP core answers Alice's REGISTER where
      | requirement    | field             | expectation      |
      | RFC3608-6.3-1  | Service-Route     | is present       |
      | RFC3608-5-1    | Service-Route URI | has parameter lr |
