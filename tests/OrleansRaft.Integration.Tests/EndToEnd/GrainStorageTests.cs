using System.Net.Http.Json;
using Npgsql;

namespace OrleansRaft.Integration.Tests.EndToEnd;

/// <summary>What ordinary grains keep goes to Orleans' own tables on the same PostgreSQL.</summary>
[Collection(EndToEndCluster.Name)]
public sealed class GrainStorageTests(EndToEndCluster cluster)
{
    [Fact]
    public async Task A_note_about_a_tenant_is_grain_state_on_PostgreSQL_and_every_silo_answers_it()
    {
        var token = TestContext.Current.CancellationToken;
        await cluster.StartAsync();
        using var http = new HttpClient();

        (
            await http.PutAsJsonAsync(
                new Uri(cluster.Silos.Addresses[0], "/api/v1/tenants/storage/note"), new { text = "pays yearly" }, token)).EnsureSuccessStatusCode();

        foreach (var silo in cluster.Silos.Addresses)
        {
            (await http.GetStringAsync(new Uri(silo, "/api/v1/tenants/storage/note"), token)).ShouldContain("pays yearly");
        }

        await using var connection = new NpgsqlConnection(cluster.Database);
        await connection.OpenAsync(token);
        await using var command = new NpgsqlCommand(
            "SELECT convert_from(PayloadBinary, 'UTF8') FROM raft.OrleansStorage WHERE GrainIdExtensionString = 'storage' AND "
                + "GrainTypeString LIKE '%note%'",
            connection);
        var stored = (await command.ExecuteScalarAsync(token)).ShouldBeOfType<string>();
        stored.ShouldContain("pays yearly");
        stored.ShouldContain("\"OrleansRaft.Server.TenantNote, OrleansRaft.Server\"", customMessage: "silos of other versions read it");
    }
}
