-- Files with a deadline that their partner has not taken are looked for twice a
-- minute, among all that ever went out.
-- +goose Up
CREATE INDEX outputs_deadline ON outputs (deadline) WHERE state IN ('staged', 'prepared', 'published') AND deadline > 0;
