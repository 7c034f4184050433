using System.Buffers;
using System.Text.Json;
using OrleansRaft.Cli.Commands;
using OrleansRaft.Grains.Events;
using OrleansRaft.Server.Events;

namespace OrleansRaft.Integration.Tests.Server;

public sealed class EventTextTests
{
    [Theory]
    [InlineData("bank.IAccount.Deposit of alice", "bank-0/2 passes over entry 17 (bank.IAccount.Deposit of alice), which an operator skipped")]
    [InlineData(null, "bank-0/2 passes over entry 17, which an operator skipped")]
    public void An_event_about_an_entry_says_what_it_is_where_the_silo_knows(string? text, string told)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            EventJson.Write(json, new SeenEvent(5, "silo-1", new SkipEvent("bank-0", 2, 17, 19)), text);
        }

        using var happened = JsonDocument.Parse(output.WrittenMemory);

        WatchText.Of(happened.RootElement).ShouldNotBeNull().Text.ShouldBe(told);
    }
}
