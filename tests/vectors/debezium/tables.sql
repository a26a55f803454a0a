CREATE TYPE mood AS ENUM ('sad', 'ok', 'very "happy"');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN short AS varchar(9);
CREATE TABLE types (
  id int PRIMARY KEY,
  small smallint, big bigint, float_4 real, float_8 double precision, truth boolean, object oid,
  number numeric, number_10_2 numeric(10,2), number_40_0 numeric(40,0), cash money,
  bytes bytea, uuid uuid, text text, text_20 varchar(20), text_5 char(5), citext citext,
  date date, time time, time_3 time(3), time_zone timetz,
  stamp timestamp, stamp_3 timestamp(3), stamp_zone timestamptz, span interval,
  json json, jsonb jsonb, xml xml,
  mood mood, positive positive, short short,
  inet inet, cidr cidr, mac macaddr, mac_8 macaddr8, hstore hstore, ltree ltree, point point,
  ints int4range, longs int8range, numbers numrange, dates daterange, stamps tsrange, zones tstzrange
);
CREATE TABLE bits (id int PRIMARY KEY, bit bit, bit_10 bit(10), bits_12 varbit(12), bits varbit);
CREATE TABLE lists (
  id int PRIMARY KEY,
  truths boolean[], smalls smallint[], ints int[], bigs bigint[], floats real[], doubles double precision[],
  numbers numeric(10,2)[], loose numeric[], texts text[], varchars varchar(9)[], chars char(3)[], uuids uuid[], dates date[], times time[],
  stamps timestamp[], zones timestamptz[], json json[], jsonb jsonb[], inets inet[], moods mood[], bytes bytea[], spans interval[], ranges int4range[]
);
-- REPLICA IDENTITY DEFAULT, and FULL.
CREATE TABLE large (
  id int, part text, note text DEFAULT 'none', n int NOT NULL DEFAULT 7, body text, bytes bytea, json jsonb, list text[], ints int[], numbers numeric[],
  hstore hstore, uuids uuid[], bigs bigint[], dates date[], zones timestamptz[], digits numeric, xml xml,
  PRIMARY KEY (id, part)
);
ALTER TABLE large ALTER body SET STORAGE EXTERNAL, ALTER bytes SET STORAGE EXTERNAL, ALTER json SET STORAGE EXTERNAL,
  ALTER list SET STORAGE EXTERNAL, ALTER ints SET STORAGE EXTERNAL, ALTER numbers SET STORAGE EXTERNAL, ALTER hstore SET STORAGE EXTERNAL,
  ALTER uuids SET STORAGE EXTERNAL, ALTER bigs SET STORAGE EXTERNAL, ALTER dates SET STORAGE EXTERNAL, ALTER zones SET STORAGE EXTERNAL,
  ALTER digits SET STORAGE EXTERNAL, ALTER xml SET STORAGE EXTERNAL;
ALTER TABLE large SET (toast_tuple_target = 128);
CREATE TABLE full_large (id int, part text, note text DEFAULT 'none', n int NOT NULL DEFAULT 7, body text, PRIMARY KEY (id, part));
ALTER TABLE full_large ALTER body SET STORAGE EXTERNAL, REPLICA IDENTITY FULL;
