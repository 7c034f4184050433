namespace OrleansRaft.PostgreSql;

/// <summary>A server that holds a copy of logs that were written to another one.</summary>
/// <param name="Number">Its number among the cluster's servers.</param>
/// <param name="Servers">How many servers the cluster has.</param>
/// <param name="Name">Host, port and database.</param>
/// <param name="ClusterId">Whose logs it holds.</param>
/// <param name="SystemIdentifier">PostgreSQL's system identifier.</param>
internal sealed record ServerCopy(int Number, int Servers, string Name, string ClusterId, long SystemIdentifier);
