namespace OrleansRaft.PostgreSql;

/// <summary>One of the numbered scripts that make the schema.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Name">What it is about.</param>
/// <param name="Text">The script. It runs in one transaction, with <c>search_path</c> set to <c>raft</c>.</param>
public sealed record SchemaScript(int Number, string Name, string Text);
