using System.Text.Json;

namespace OrleansRaft.Cli.Client;

/// <summary>An answer, typed for tables and raw for <c>--json</c>, which hands on every field the server sent.</summary>
/// <typeparam name="T">Its type.</typeparam>
/// <param name="Value">The fields that this program knows.</param>
/// <param name="Raw">All fields.</param>
/// <param name="ETag">The entity tag, quoted, if there was one.</param>
internal sealed record Answer<T>(T Value, JsonElement Raw, string? ETag = null);
