"""Dagster's assets: a decorator and a call around the steps of orchestration/pipeline.py and statements.py."""
