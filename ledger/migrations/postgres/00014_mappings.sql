-- Which versions of mappings a person took after seeing what they make different.
-- +goose Up
CREATE TABLE mappings (
    version TEXT   NOT NULL PRIMARY KEY, -- name@version
    at      BIGINT NOT NULL,
    who     TEXT   NOT NULL,
    reason  TEXT   NOT NULL
);
