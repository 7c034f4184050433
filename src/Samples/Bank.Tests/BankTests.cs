using OrleansRaft;
using OrleansRaft.Testing;
using Xunit;

namespace Bank.Tests;

public sealed class BankTests(ThreeSilos silos) : IClassFixture<ThreeSilos>
{
    [Fact]
    public async Task A_transfer_moves_money_once_or_not_at_all()
    {
        await AccountOf("alice").Deposit(10);
        await AccountOf("alice").With("rent-may").Transfer("bob", 4);
        await AccountOf("alice").With("rent-may").Transfer("bob", 4); // the same transfer

        var thrown = await Assert.ThrowsAsync<OverdrawnException>(() => AccountOf("alice").Transfer("bob", 7));

        Assert.Equal(1, thrown.Missing);
        Assert.Equal(6, await AccountOf("alice").Balance());
        Assert.Equal(4, await AccountOf("bob").Balance());
    }

    [Fact]
    public async Task The_total_does_not_change()
    {
        await Task.WhenAll(Enumerable.Range(0, 5).Select(number => AccountOf($"a{number}").Deposit(10)));

        await Task.WhenAll(Enumerable.Range(0, 200).Select(async turn =>
        {
            var transfer = AccountOf($"a{turn % 5}").Transfer($"a{turn * 7 % 5}", turn % 9);
            await transfer.ContinueWith(static _ => { }, TaskScheduler.Default); // an account may lack the money
        }));

        var balances = await Task.WhenAll(Enumerable.Range(0, 5).Select(number => AccountOf($"a{number}").Balance().AsTask()));
        Assert.Equal(50, balances.Sum());
        Assert.All(balances, static balance => Assert.True(balance >= 0));
    }

    private IAccount AccountOf(string name) => silos.Client.GetReplicatedGrain<IAccount>("first-bank", name).With(TimeSpan.FromMinutes(1));
}

public sealed class ThreeSilos : IAsyncLifetime
{
    private RaftTestCluster? cluster;

    public IGrainFactory Client => cluster!.Client;

    public async ValueTask InitializeAsync() => cluster = await RaftTestCluster.StartAsync(
        silo => silo.AddReplicatedGrains("bank", groups: 4, grains => grains.Add<Account>().VerifyCalls()));

    public async ValueTask DisposeAsync() => await cluster!.DisposeAsync();
}
