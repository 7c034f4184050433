namespace OrleansRaft.Server.Limits;

/// <summary>What a tenant may take; 0 is no limit.</summary>
/// <param name="RequestsPerSecond">How many requests a second it may send to one silo, on average.</param>
/// <param name="Burst">How many of them at once, after a pause.</param>
/// <param name="AtOnce">How many of its requests one silo serves at one time.</param>
/// <param name="IdempotencyKeys">How many idempotency keys it may have remembered at one time by way of one silo, about.</param>
/// <param name="Counters">How many counters, or whatever else it makes, it may have in the cluster.</param>
/// <param name="Bytes">How many bytes these may take, in each replica's state.</param>
public readonly record struct TenantAllowance(
    int RequestsPerSecond, int Burst, int AtOnce, int IdempotencyKeys = 0, long Counters = 0, long Bytes = 0);
