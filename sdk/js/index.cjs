"use strict";
/** Asks an agent's users for consent before their data is read. See README.md. */

const { attach, fetch } = require("./lib/attach.cjs");
const { OmbudClient } = require("./lib/client.cjs");
const consent = require("./lib/consent.cjs");
const { ConsentNotAsked, ConsentRequired, OmbudError, Unreachable } = require("./lib/errors.cjs");
const { userConsentRequired } = require("./lib/guard.cjs");
const { Answer, Question, consentPrompt } = require("./lib/prompt.cjs");
const { configure } = require("./lib/settings.cjs");
const { declareSource } = require("./lib/sources.cjs");
const { headers, subject } = require("./lib/subjects.cjs");
const testing = require("./lib/testing.cjs");

module.exports = {
  Answer, ConsentNotAsked, ConsentRequired, OmbudClient, OmbudError, Question, Unreachable, attach, configure, consent,
  consentPrompt, declareSource, fetch, headers, subject, testing, userConsentRequired,
};
