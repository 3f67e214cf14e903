INSERT INTO contents (size, named, touched) VALUES (5, TRUE, 1788242400000000000);
INSERT INTO contents (size, named, touched) VALUES (5, TRUE, 1788242400000000000);
INSERT INTO contents (size, named, touched) VALUES (5, TRUE, 1788242400000000000);
INSERT INTO entries (pipeline, inbox, name, sha256, size, mod_time, state, outcome, mapping, target, row_count, accepted, calls, received, due, settled, content_id, plan, plan_next, fence)
    VALUES ('uren', 'kantoor', 'uren.csv', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 3, 0, 'settled', 'imported', 'urenregistratie@000000000000', 'done/uren.csv', 1, 1, 1, 1788242400000000000, 1788242400000000000, 1788242460000000000, 1, 1, 1, 2);
INSERT INTO attachments (entry_id, kind, size, attached, content_id) VALUES (1, 'receipt.json', 5, 1788242450000000000, 2);
INSERT INTO audit (entry_id, at, who, action, from_state, to_state, reason) VALUES (1, 1788242460000000000, 'runner', 'move', 'delivered', 'settled', '');
INSERT INTO entries (pipeline, inbox, name, sha256, size, mod_time, state, calls, received, due, content_id, plan, plan_next, fence, holder, lease_until)
    VALUES ('uren', 'kantoor', 'uren2.csv', 'ffff', 5, 0, 'planned', 2, 1788246000000000000, 1788246000000000000, 3, 2, 2, 7, 'runner', 1788246060000000000);
INSERT INTO lines (entry_id, plan, no, function, class, subject, row_count, state, sent, settled) VALUES (2, 2, 1, 'ImporteerGegevens', 'additive', 'werkgever 1001', 1, 'done', 1788246010000000000, 1788246011000000000);
INSERT INTO lines (entry_id, plan, no, function, class, subject, row_count, state, sent) VALUES (2, 2, 2, 'ImporteerGegevens', 'additive', 'werkgever 1002', 1, 'sending', 1788246012000000000);
INSERT INTO audit (entry_id, at, who, action, from_state, to_state, reason) VALUES (2, 1788246005000000000, 'runner', 'move', 'staged', 'planned', '');
