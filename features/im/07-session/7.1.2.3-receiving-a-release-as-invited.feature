@im-client @mid-session @sessions
Feature: 7.1.2.3 IM Client receiving an IM Session release request

  The peer ends the session: the BYE is answered, and no more goes over MSRP. Here the client was invited to it.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user

  Scenario: Release by the peer
    Given Bob's client leaves the MSRP connection open
    When Bob invites Alice to a session
    And Bob releases the session
    And Alice sends "Are you there?" in the session
    Then Alice's client answers the BYE where
      | requirement  | field             | expectation        |
      | IM-7.1.2.3-1 | status            | is 200             |
      | IM-7.1.2.3-1 | mandatory headers | are complete       |
      | IM-7.1.2.3-1 | next hop          | is the SIP/IP core |
    And Alice's client closes the MSRP connection where
      | requirement  | field                 | expectation      |
      | IM-7.1.2.3-2 | order                 | is after the BYE |
      | IM-7.1.2.3-2 | seconds after the BYE | at most 10       |
    And Alice's client sends no chunk after the 200 to the BYE [IM-7.1.2.3-2]

  @ims
  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    When Bob invites Alice to a session
    And Bob releases the session
    Then Alice's client answers the BYE where
      | requirement    | field                 | expectation |
      | IM-7.1.2.3-ims | P-Access-Network-Info | is present  |
