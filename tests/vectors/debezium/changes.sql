-- Before the connector starts: these come as a snapshot.
INSERT INTO types VALUES (1, 12, 34, 1.5, 0.1, true, 26, 1234.5678, 12.34, 12345678901234567890123456789012345678, '12.34',
  '\x00ff61', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', E'h\\i "there" ü🦀', 'x', 'ab', 'MiXed',
  '2024-02-29', '10:15:30.123456', '10:15:30.123', '10:15:30.123456+02', '2024-02-29 10:15:30.123456', '2024-02-29 10:15:30.123', '2024-02-29 10:15:30.123456+05:30', '3 days 04:05:06.789',
  '{"a": 1.10,  "b":[null]}', '{"a": 1.10, "b": [null, "ü"]}', '<a b="c">d</a>',
  'very "happy"', 1, 'short',
  '10.0.0.1/8', '10.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', 'a=>1, "b c"=>NULL, "q\"" => "v,\\"', 'a.b.c', '(1.5,-2)',
  '[1,5)', '[1,5)', '(0.5,1.5]', '[2024-01-01,2024-02-01)', '["2024-01-01 10:00:00","2024-01-02 00:00:00")', '["2024-01-01 10:00:00+00",)');
INSERT INTO types (id) VALUES (2);
INSERT INTO bits VALUES (1, '1', '1000000101', '101111111011', '1011'), (2, '0', '0000000001', '1', '0011'), (3, NULL, NULL, NULL, NULL);
INSERT INTO lists VALUES (1, '{t,f,NULL}', '{1,-32768}', '{1,NULL,-2147483648}', '{9223372036854775807}', '{1.5,NaN}', '{0.1,-Infinity}',
  '{12.34,NULL}', '{1.5,1e20}', '{a,NULL,"NULL","q\"u\\o{te,}","",ü}', '{x,NULL}', '{ab,NULL}', '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}', '{2024-02-29}', '{10:15:30.123456}',
  '{"2024-02-29 10:15:30.123456"}', '{"2024-02-29 10:15:30.123456+00"}', '{"{\"a\": 1}",NULL}', '{"{\"a\": [1, \"x\"]}"}', '{10.0.0.1,::1}', '{sad,"very \"happy\""}', '{"\\x00ff"}', '{"1 day"}', '{"[1,5)"}');
INSERT INTO lists (id) VALUES (2);
-- BEGIN: from here on while it runs.
INSERT INTO types VALUES (3, -32768, -9223372036854775808, 'NaN', 'Infinity', false, 4294967295, 'NaN', -99999999.99, -1, '-92233720368547758.08',
  '', '00000000-0000-0000-0000-000000000000', '', '', '', '',
  '0001-01-01', '00:00', '00:00', '00:00+00', '0001-01-01 00:00', '0001-01-01 00:00', '0001-01-01 00:00+00', '00:00',
  'null', 'null', '', 'sad', 2147483647, '',
  '::1', '::/0', '00:00:00:00:00:00', '00:00:00:00:00:00:00:00', '', '', '(0,0)',
  'empty', '(,)', '(,)', '(,2024-01-01)', '(,)', 'empty');
INSERT INTO types (id, float_4, float_8, number, time, time_3, time_zone, date, stamp, stamp_3, stamp_zone, span, jsonb, json) VALUES
  (4, '-Infinity', '-Infinity', 1e-20, '24:00', '24:00', '23:59:59.999999-12', NULL, 'infinity', 'infinity', 'infinity', '1 day 24:00', '"text"', '12'),
  (5, 3.4028235e38, 1.7976931348623157e308, '123456789012345678901234567890.123456789012345678901234567890', '23:59:59.999999', '23:59:59.999', '24:00+00', NULL, '-infinity', '-infinity', '-infinity', '-00:00:00.000001', 'true', '"\ud83e\udd80"'),
  (6, 1e-45, 5e-324, 0.00, '00:00:00.000001', '00:00:00.001', '12:34:56-07:30', '9999-12-31', '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999', '9999-12-31 23:59:59.999999+00', '1 year 2 mons -3 days -04:05:06.7', '[]', '{}'),
  (7, 0, '-0', -5, '01:02:03', '01:02:03', '01:02:03+00', '0044-03-15 BC', '0044-03-15 01:02:03 BC', '0044-03-15 01:02:03 BC', '0044-03-15 01:02:03+00 BC', '-1 mons +1 day', NULL, NULL),
  (8, 16777217, 9007199254740993, 1e30, NULL, NULL, NULL, '20000-01-01', '20000-01-01', '20000-01-01', '20000-01-01 00:00+00', NULL, NULL, NULL),
  (9, 1, 1, 1, NULL, NULL, NULL, '1582-10-04', '1582-10-10 12:00', '1582-10-10 12:00', '1582-10-10 12:00+00', NULL, NULL, NULL),
  (10, 1, 1, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
-- Debezium sends some day millions of years ago.
INSERT INTO types (id, date) VALUES (11, 'infinity'), (12, '-infinity');
UPDATE types SET text = 'changed', truth = NULL WHERE id = 1;
UPDATE types SET text = NULL WHERE id = 4;
UPDATE bits SET bit = '0' WHERE id = 1;
DELETE FROM types WHERE id = 10;
UPDATE types SET id = 20 WHERE id = 2;
INSERT INTO lists VALUES (3, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}');
INSERT INTO lists (id, zones, stamps) VALUES (4, '{infinity}', '{-infinity}');
UPDATE lists SET truths = '{f}' WHERE id = 1;
DELETE FROM lists WHERE id = 2;
-- Large values stand outside their rows; an update elsewhere does not send them again.
INSERT INTO large (id, part, body, bytes, json, list, ints, numbers, hstore, uuids, bigs, dates, zones, digits, xml)
  SELECT id, 'a', repeat('x', 200), decode(repeat('61', 200), 'hex'), to_jsonb(repeat('y', 200)), array_fill('item'::text, ARRAY[20]), array_fill(7, ARRAY[60]), array_fill(1.5::numeric, ARRAY[20]),
    hstore('key', repeat('z', 200)), array_fill('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, ARRAY[6]), array_fill(8::bigint, ARRAY[20]), array_fill('2024-02-29'::date, ARRAY[30]),
    array_fill('2024-02-29 10:00:00+00'::timestamptz, ARRAY[20]), repeat('9', 400)::numeric, ('<a>' || repeat('w', 200) || '</a>')::xml
  FROM generate_series(1, 2) AS id;
UPDATE large SET note = 'elsewhere', n = 8 WHERE id = 1;
UPDATE large SET note = NULL, body = 'short' WHERE id = 2;
INSERT INTO large (id, part) VALUES (3, 'a'), (4, 'a');
UPDATE large SET part = 'moved' WHERE id = 3;
DELETE FROM large WHERE id = 4;
INSERT INTO full_large (id, part, body) VALUES (1, 'a', repeat('x', 2100)), (2, 'a', 'y'), (3, 'a', 'z');
UPDATE full_large SET note = 'elsewhere', n = 8 WHERE id = 1;
UPDATE full_large SET part = 'moved' WHERE id = 2;
DELETE FROM full_large WHERE id = 3;
