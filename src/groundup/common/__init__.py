"""What every part leans on: errors that say what to do, where files live, writes that cannot half-happen."""
