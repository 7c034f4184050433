using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.Grains;

[Alias("test-teller")]
public interface ITellerGrain : IGrainWithStringKey
{
    [Alias("deposit")]
    Task<Outcome<LedgerResult>> DepositAsync(string account, long amount);
}

/// <summary>A grain of a user, who keeps balances in groups.</summary>
public sealed class TellerGrain : Grain, ITellerGrain
{
    public Task<Outcome<LedgerResult>> DepositAsync(string account, long amount) =>
        GrainFactory.GetRaftGroup<LedgerCommand, LedgerResult>(RaftTestCluster.Set, account).SubmitAsync(new LedgerCommand(amount));
}
