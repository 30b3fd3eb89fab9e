\echo Use "CREATE EXTENSION ecopanier" to load this file. \quit
