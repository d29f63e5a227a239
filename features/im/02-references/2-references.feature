@im-client @originating
Feature: 2 References

  Which texts MSRP and SDP on the wire follow, wherever the specification cites one of their many drafts.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user

  Scenario: MSRP and SDP
    When Alice invites Bob to a session
    And Alice sends "Are you there?" in the session
    Then Alice's client sends an INVITE where
      | requirement | field | expectation    |
      | IM-2-sdp    | SDP   | is well-formed |
    And Alice's client sends the message over MSRP where
      | requirement | field  | expectation     |
      | IM-2-msrp   | chunks | follow RFC 4975 |
