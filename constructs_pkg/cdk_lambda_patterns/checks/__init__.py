"""Checks: one catalogue of rules over the synthesized templates of any app, at synth, in CI and in pytest."""
